// Decimal arithmetic on floats as sprig's addf, subf, mulf and divf do it, so that 0.1 + 0.2 is 0.3.
#pragma once

#include <optional>

namespace cordwood::pipeline::gotemplate {

enum class DecimalOp { kAdd, kSub, kMul, kDiv };

// A decimal number of at most 38 digits: coefficient * 10^exponent. Beyond that the result is computed in binary
// floating point, where the last digits are noise anyway.
double decimal_result(DecimalOp op, double left, double right);

}  // namespace cordwood::pipeline::gotemplate
