// Arithmetic and conversions: sprig's, which take anything and make 0 of what is no number, and Loki's bytes and
// duration.
#include <algorithm>
#include <cmath>
#include <limits>

#include "logql/units.h"
#include "pipeline/gotemplate/decimal.h"
#include "pipeline/gotemplate/functions.h"
#include "pipeline/text/go_number.h"

namespace cordwood::pipeline::gotemplate {
namespace {

using Arguments = std::span<const Value>;
using ValueOr = base::StatusOr<Value>;
using P = ParameterType;

base::Status error(std::string_view message) {
  return base::invalid_argument_error("{}", message);
}

// A float as Go converts it on amd64: out of range gives the smallest integer.
std::int64_t truncated(double value) {
  if (!(value > -9223372036854775808.0 && value < 9223372036854775808.0))
    return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

// cast.ToInt64: a decimal, hexadecimal or octal literal; a fraction only when it is zero.
std::int64_t integer_of(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos && text.find_first_not_of('0', point + 1) == std::string_view::npos) {
    text = text.substr(0, point);
  }
  const base::StatusOr<std::int64_t> value = parse_go_int(text, 0);
  return value.ok() ? *value : 0;
}

std::int64_t to_int64(const Value& value) {
  if (const auto* integer = value.as<Integer>()) return integer->value;
  if (const auto* number = value.as<double>()) return truncated(*number);
  if (const auto* text = value.as<std::string>()) return integer_of(*text);
  if (const auto* boolean = value.as<bool>()) return *boolean ? 1 : 0;
  return 0;
}

double to_float(const Value& value) {
  if (const auto* number = value.as<double>()) return *number;
  if (const auto* integer = value.as<Integer>()) return static_cast<double>(integer->value);
  if (const auto* boolean = value.as<bool>()) return *boolean ? 1 : 0;
  if (const auto* text = value.as<std::string>()) {
    const base::StatusOr<double> parsed = logql::parse_go_float(*text);
    return parsed.ok() ? *parsed : 0;
  }
  return 0;
}

// Go's integers wrap around.
std::int64_t wrap(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
std::uint64_t bits(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

ValueOr to_int(const CallContext&, Arguments a) {
  return make_int(to_int64(a[0]));
}
ValueOr to_float64(const CallContext&, Arguments a) {
  return Value(to_float(a[0]));
}

ValueOr add(const CallContext&, Arguments a) {
  std::uint64_t sum = 0;
  for (const Value& value : a) sum += bits(to_int64(value));
  return make_int64(wrap(sum));
}
ValueOr sub(const CallContext&, Arguments a) {
  return make_int64(wrap(bits(to_int64(a[0])) - bits(to_int64(a[1]))));
}
ValueOr mul(const CallContext&, Arguments a) {
  std::uint64_t product = 1;
  for (const Value& value : a) product *= bits(to_int64(value));
  return make_int64(wrap(product));
}
ValueOr div(const CallContext&, Arguments a) {
  const std::int64_t divisor = to_int64(a[1]);
  if (divisor == 0) return error("runtime error: integer divide by zero");
  if (divisor == -1) return make_int64(wrap(0 - bits(to_int64(a[0]))));
  return make_int64(to_int64(a[0]) / divisor);
}
ValueOr mod(const CallContext&, Arguments a) {
  const std::int64_t divisor = to_int64(a[1]);
  if (divisor == 0) return error("runtime error: integer divide by zero");
  return make_int64(divisor == -1 ? 0 : to_int64(a[0]) % divisor);
}

ValueOr fold(DecimalOp op, double start, Arguments rest) {
  double result = start;
  for (const Value& value : rest) {
    const double operand = to_float(value);
    if (op == DecimalOp::kDiv && operand == 0) return error("decimal division by 0");
    if (!std::isfinite(result) || !std::isfinite(operand)) {
      return error(
          fmt::format("Cannot create a Decimal from {}", format_go_float(std::isfinite(result) ? operand : result)));
    }
    result = decimal_result(op, result, operand);
  }
  return Value(result);
}
ValueOr addf(const CallContext&, Arguments a) {
  return fold(DecimalOp::kAdd, 0, a);
}
ValueOr subf(const CallContext&, Arguments a) {
  return fold(DecimalOp::kSub, to_float(a[0]), a.subspan(1));
}
ValueOr mulf(const CallContext&, Arguments a) {
  return fold(DecimalOp::kMul, to_float(a[0]), a.subspan(1));
}
ValueOr divf(const CallContext&, Arguments a) {
  return fold(DecimalOp::kDiv, to_float(a[0]), a.subspan(1));
}

ValueOr max(const CallContext&, Arguments a) {
  std::int64_t result = to_int64(a[0]);
  for (const Value& value : a.subspan(1)) result = std::max(result, to_int64(value));
  return make_int64(result);
}
ValueOr min(const CallContext&, Arguments a) {
  std::int64_t result = to_int64(a[0]);
  for (const Value& value : a.subspan(1)) result = std::min(result, to_int64(value));
  return make_int64(result);
}
ValueOr maxf(const CallContext&, Arguments a) {
  double result = to_float(a[0]);
  for (const Value& value : a.subspan(1)) {
    const double other = to_float(value);
    result =
        std::isnan(result) || std::isnan(other) ? std::numeric_limits<double>::quiet_NaN() : std::max(result, other);
  }
  return Value(result);
}
ValueOr minf(const CallContext&, Arguments a) {
  double result = to_float(a[0]);
  for (const Value& value : a.subspan(1)) {
    const double other = to_float(value);
    result =
        std::isnan(result) || std::isnan(other) ? std::numeric_limits<double>::quiet_NaN() : std::min(result, other);
  }
  return Value(result);
}

ValueOr ceil(const CallContext&, Arguments a) {
  return Value(std::ceil(to_float(a[0])));
}
ValueOr floor(const CallContext&, Arguments a) {
  return Value(std::floor(to_float(a[0])));
}
ValueOr round(const CallContext&, Arguments a) {
  const double round_on = a.size() > 2 ? to_float(a[2]) : 0.5;
  const double factor = std::pow(10, static_cast<double>(a[1].as<Integer>()->value));
  const double scaled = factor * to_float(a[0]);
  double whole = 0;
  const double fraction = std::modf(scaled, &whole);
  return Value((fraction >= round_on ? std::ceil(scaled) : std::floor(scaled)) / factor);
}

ValueOr bytes(const CallContext&, Arguments a) {
  ASSIGN_OR_RETURN(const std::uint64_t value, logql::parse_bytes(*a[0].as<std::string>()));
  return Value(static_cast<double>(value));
}
ValueOr duration_seconds(const CallContext&, Arguments a) {
  ASSIGN_OR_RETURN(const base::nanoseconds value, logql::parse_go_duration(*a[0].as<std::string>()));
  return Value(static_cast<double>(value.count() / 1000000000) + static_cast<double>(value.count() % 1000000000) / 1e9);
}
ValueOr default_value(const CallContext&, Arguments a) {
  return a.size() < 2 || is_empty(a[1]) ? a[0] : a[1];
}

constexpr Function kFunctions[] = {
    {"int", to_int, 1, {P::kAny}},
    {"float64", to_float64, 1, {P::kAny}},
    {"add", add, 1, {P::kAny}, true},
    {"sub", sub, 2, {P::kAny, P::kAny}},
    {"mul", mul, 2, {P::kAny, P::kAny}, true},
    {"div", div, 2, {P::kAny, P::kAny}},
    {"mod", mod, 2, {P::kAny, P::kAny}},
    {"addf", addf, 1, {P::kAny}, true},
    {"subf", subf, 2, {P::kAny, P::kAny}, true},
    {"mulf", mulf, 2, {P::kAny, P::kAny}, true},
    {"divf", divf, 2, {P::kAny, P::kAny}, true},
    {"max", max, 2, {P::kAny, P::kAny}, true},
    {"min", min, 2, {P::kAny, P::kAny}, true},
    {"maxf", maxf, 2, {P::kAny, P::kAny}, true},
    {"minf", minf, 2, {P::kAny, P::kAny}, true},
    {"ceil", ceil, 1, {P::kAny}},
    {"floor", floor, 1, {P::kAny}},
    {"round", round, 3, {P::kAny, P::kInt, P::kFloat}, true},
    {"bytes", bytes, 1, {P::kString}},
    {"duration", duration_seconds, 1, {P::kString}},
    {"duration_seconds", duration_seconds, 1, {P::kString}},
    {"default", default_value, 2, {P::kAny, P::kAny}, true},
};

}  // namespace

std::span<const Function> number_functions() {
  return kFunctions;
}

}  // namespace cordwood::pipeline::gotemplate
