// A metric expression from the values of its range aggregations.
#pragma once

#include <functional>
#include <variant>

#include "base/status.h"
#include "exec/matrix.h"
#include "logql/ast.h"

namespace cordwood::exec {

// The value of one range aggregation, rows sorted by labels.
using RangeValues = std::function<base::StatusOr<Matrix>(const logql::RangeAggregation&)>;

using MetricValue = std::variant<double, Matrix>;

// `range_values` is asked once for each range aggregation, from left to right. Errors are those of combine and
// replace_labels, and its own.
base::StatusOr<MetricValue> evaluate(const logql::MetricExpr& expr, std::size_t steps, const RangeValues& range_values);

// Whether an instant query keeps the order of its value: when it has a sort or sort_desc anywhere, as in Loki.
bool keeps_order(const logql::MetricExpr& expr);

}  // namespace cordwood::exec
