// The range aggregations of a metric expression: the places where rows are read.
#pragma once

#include <optional>
#include <vector>

#include "logql/ast.h"

namespace cordwood::exec {

struct RangeLeaf {
  const logql::RangeAggregation* aggregation = nullptr;  // points into the expression
  // The grouping of the vector aggregation around it that may be applied while reading.
  std::optional<logql::Grouping> outer;
};

// From left to right, as evaluate() asks for them.
std::vector<RangeLeaf> range_leaves(const logql::MetricExpr& expr);

}  // namespace cordwood::exec
