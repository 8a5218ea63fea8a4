#include "pipeline/gotemplate/decimal.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cordwood::pipeline::gotemplate {
namespace {

__extension__ using Int128 = __int128;

struct Decimal {
  Int128 coefficient = 0;
  int exponent = 0;
};

// Digits behind the point that a division keeps.
constexpr int kDivisionDigits = 16;

bool multiply_by_ten(Int128& value, int times) {
  for (; times > 0; --times) {
    if (__builtin_mul_overflow(value, Int128{10}, &value)) return false;
  }
  return true;
}

// The shortest decimal that reads back as `value`.
Decimal to_decimal(double value) {
  std::array<char, 64> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  Decimal out;
  bool after_point = false;
  for (const char c : text.substr(0, e)) {
    if (c == '.') after_point = true;
    if (c < '0' || c > '9') continue;
    out.coefficient = out.coefficient * 10 + (c - '0');
    if (after_point) --out.exponent;
  }
  if (text[0] == '-') out.coefficient = -out.coefficient;
  int exponent = 0;
  const char* digits = text.data() + e + 1;
  std::from_chars(*digits == '+' ? digits + 1 : digits, end, exponent);
  out.exponent += exponent;
  return out;
}

double to_double(const Decimal& decimal) {
  std::string text;
  const bool negative = decimal.coefficient < 0;
  Int128 rest = negative ? -decimal.coefficient : decimal.coefficient;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  text += "e" + std::to_string(decimal.exponent);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return negative ? -value : value;
}

bool add(Decimal left, Decimal right, Decimal& out) {
  if (left.exponent > right.exponent) std::swap(left, right);
  if (right.coefficient != 0 && right.exponent - left.exponent > 38) return false;
  if (!multiply_by_ten(right.coefficient, right.coefficient == 0 ? 0 : right.exponent - left.exponent)) return false;
  out.exponent = left.exponent;
  return !__builtin_add_overflow(left.coefficient, right.coefficient, &out.coefficient);
}

bool multiply(const Decimal& left, const Decimal& right, Decimal& out) {
  out.exponent = left.exponent + right.exponent;
  return !__builtin_mul_overflow(left.coefficient, right.coefficient, &out.coefficient);
}

// Rounded half away from zero.
bool divide(Decimal left, Decimal right, Decimal& out) {
  const int scale = left.exponent - right.exponent + kDivisionDigits;
  if (scale > 38 || scale < -38) return false;
  if (!multiply_by_ten(scale >= 0 ? left.coefficient : right.coefficient, scale >= 0 ? scale : -scale)) return false;
  out.exponent = -kDivisionDigits;
  out.coefficient = left.coefficient / right.coefficient;
  const Int128 rest = left.coefficient % right.coefficient;
  const Int128 magnitude = rest < 0 ? -rest : rest;
  const Int128 divisor = right.coefficient < 0 ? -right.coefficient : right.coefficient;
  if (magnitude >= divisor - magnitude) {
    out.coefficient += (left.coefficient < 0) == (right.coefficient < 0) ? 1 : -1;
  }
  return true;
}

double binary_result(DecimalOp op, double left, double right) {
  switch (op) {
    case DecimalOp::kAdd:
      return left + right;
    case DecimalOp::kSub:
      return left - right;
    case DecimalOp::kMul:
      return left * right;
    case DecimalOp::kDiv:
      return left / right;
  }
  return 0;
}

}  // namespace

double decimal_result(DecimalOp op, double left, double right) {
  if (!std::isfinite(left) || !std::isfinite(right)) return binary_result(op, left, right);
  const Decimal a = to_decimal(left);
  Decimal b = to_decimal(right);
  Decimal out;
  bool exact = false;
  switch (op) {
    case DecimalOp::kSub:
      b.coefficient = -b.coefficient;
      [[fallthrough]];
    case DecimalOp::kAdd:
      exact = add(a, b, out);
      break;
    case DecimalOp::kMul:
      exact = multiply(a, b, out);
      break;
    case DecimalOp::kDiv:
      exact = b.coefficient != 0 && divide(a, b, out);
      break;
  }
  return exact ? to_double(out) : binary_result(op, left, right);
}

}  // namespace cordwood::pipeline::gotemplate
