// sum, avg, min, max, count, stddev, stdvar, topk, bottomk, approx_topk (exact here), sort, sort_desc.
#pragma once

#include "exec/matrix.h"
#include "logql/ast.h"

namespace cordwood::exec {

// Groups come in the order in which the input names them first; topk and bottomk give each group's rows by value. NaN
// counts as the least for topk, the greatest for bottomk, and is last in sort and sort_desc. Rows of equal value keep
// the input's order. sort and sort_desc only order a matrix of one step.
Matrix aggregate(const logql::VectorAggregation& aggregation, Matrix input);

}  // namespace cordwood::exec
