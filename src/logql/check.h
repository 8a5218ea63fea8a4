// Questions about a parsed query: what Loki checks later than parsing, and what planners ask.
#pragma once

#include <chrono>
#include <vector>

#include "base/status.h"
#include "logql/ast.h"

namespace cordwood::logql {

// The first error of what Loki reports only when it builds the pipeline: json and logfmt paths, ip() arguments and
// operators, line filters' regexes and patterns. Templates are not looked at (pipeline compiles them). Messages are
// Loki's, without `parse error`.
base::Status check_stages(const std::vector<Stage>& stages);
// The same for every selector of a query, unwrap filters included.
base::Status check_stages(const Query& query);

// Loki's max_query_range: `[interval] value exceeds limit: [15m] > [10m]`. A limit of zero is none.
base::Status check_range_limit(const Query& query, std::chrono::nanoseconds limit);

// Whether a stage can remove lines: a label filter, or a line filter that is not one of the no-ops |= "" |~ "" |~ ".*".
bool has_filter(const LogExpr& log);
bool is_noop(const LineFilter& filter);

}  // namespace cordwood::logql
