// Arithmetic, comparisons and set operators between scalars and vectors.
#pragma once

#include "base/status.h"
#include "exec/matrix.h"
#include "logql/ast.h"

namespace cordwood::exec {

// A vector and a scalar: a comparison without bool keeps the vector's value where it holds.
Matrix combine_with_scalar(const logql::BinaryOperation& operation, Matrix vector, double scalar, bool scalar_is_left);

// Two vectors of the same steps, matched by labels. A comparison without bool keeps the left value where it holds. Rows
// follow the "many" side (the left one unless group_right), for `or` the left rows and then the right ones.
// Errors, with Loki's texts: Internal for many-to-many matches and for matches that are not unique.
base::StatusOr<Matrix> combine(const logql::BinaryOperation& operation, Matrix left, Matrix right);

}  // namespace cordwood::exec
