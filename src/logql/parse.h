// Text of LogQL to the tree of ast.h. Pure functions; any thread.
//
// Errors are InvalidArgument and their message is the whole text a Loki client sees: `parse error at line L, col C:
// ...` (characters, counted from 1) or `parse error : ...` where Loki gives no place.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "logql/ast.h"
#include "logql/check.h"  // IWYU pragma: export
#include "logql/walk.h"   // IWYU pragma: export

namespace cordwood::logql {

// Whether a selector must have a matcher that does not match the empty string ("queries require at least one regexp or
// equality matcher..."). Off for series and label requests.
enum class SelectorCheck { kRequired, kOff };

// A whole query.
base::StatusOr<Query> parse(std::string_view text, SelectorCheck check = SelectorCheck::kRequired);

// A selector with stages; a metric query is an error.
base::StatusOr<LogExpr> parse_log_query(std::string_view text, SelectorCheck check = SelectorCheck::kRequired);

// `{a="b"}` alone, as in match[] parameters.
base::StatusOr<std::vector<Matcher>> parse_matchers(std::string_view text,
                                                    SelectorCheck check = SelectorCheck::kRequired);

// Stages without a selector, `| json | foo="bar"` or `|= "x"`: for the agent's configuration and for tests.
base::StatusOr<std::vector<Stage>> parse_stages(std::string_view text);

}  // namespace cordwood::logql
