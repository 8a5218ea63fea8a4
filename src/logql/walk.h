// Walking the tree of ast.h: all selectors, ranges and label filters of a query, from left to right.
#pragma once

#include <functional>

#include "logql/ast.h"

namespace cordwood::logql {

// Every range of a metric query (none for a log query).
void for_each_range(const MetricExpr& expr, const std::function<void(const LogRange&)>& visit);
void for_each_range(const Query& query, const std::function<void(const LogRange&)>& visit);

// Every selector with its stages: the log query itself, or those of the ranges.
void for_each_log(const Query& query, const std::function<void(const LogExpr&)>& visit);

// Every comparison in the tree, `and` and `or` resolved.
void for_each_comparison(const LabelFilter& filter, const std::function<void(const LabelFilter&)>& visit);

}  // namespace cordwood::logql
