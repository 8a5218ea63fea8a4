// The arithmetic of two numbers.
#pragma once

#include "logql/ast.h"

namespace cordwood::logql {

// `left op right`; CHECKs that `op` is no set operator. Comparisons give 1 or 0. Division and remainder by zero are
// NaN, as Loki has it, not an infinity.
double evaluate(BinaryOp op, double left, double right);

}  // namespace cordwood::logql
