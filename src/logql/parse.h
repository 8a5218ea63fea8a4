// Text of LogQL to the tree of ast.h. Pure functions; any thread.
//
// Errors are InvalidArgument and their message is the whole text a Loki client sees: `parse error at line L, col C:
// ...` (characters, counted from 1) or `parse error : ...` where Loki gives no place.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "logql/ast.h"

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

// The first error of what Loki reports only when it builds the pipeline: json and logfmt paths, ip() arguments and
// operators, line filters' regexes and patterns. Templates are not looked at (pipeline compiles them).
base::Status check_stages(const std::vector<Stage>& stages);
// The same for every selector of a query, unwrap filters included.
base::Status check_stages(const Query& query);

// Calls `visit` for each range of a metric query, from left to right (and not at all for a log query).
void for_each_range(const MetricExpr& expr, const std::function<void(const LogRange&)>& visit);
void for_each_range(const Query& query, const std::function<void(const LogRange&)>& visit);

// Loki's max_query_range: `[interval] value exceeds limit: [15m] > [10m]`. A limit of zero is none.
base::Status check_range_limit(const Query& query, std::chrono::nanoseconds limit);

// Whether a stage can remove lines: a label filter, or a line filter that is not one of the no-ops |= "" |~ "" |~ ".*".
bool has_filter(const LogExpr& log);
bool is_noop(const LineFilter& filter);

}  // namespace cordwood::logql
