// Durations: Prometheus' notation and Go's.
#include <fmt/format.h>

#include <array>
#include <iterator>
#include <limits>

#include "core/labels.h"
#include "logql/units.h"

namespace cordwood::logql {
namespace {

constexpr std::uint64_t kMicro = 1000;
constexpr std::uint64_t kMilli = 1000 * kMicro;
constexpr std::uint64_t kSecond = 1000 * kMilli;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::uint64_t kMaxNanos = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

struct Unit {
  std::string_view name;
  std::uint64_t nanos;
  bool whole_only = false;  // printed only when nothing remains
};
// In the order in which Prometheus wants them.
constexpr auto kPrometheusUnits = std::to_array<Unit>({{"y", 365 * kDay, true},
                                                       {"w", 7 * kDay, true},
                                                       {"d", kDay},
                                                       {"h", kHour},
                                                       {"m", kMinute},
                                                       {"s", kSecond},
                                                       {"ms", kMilli}});
constexpr auto kGoUnits = std::to_array<Unit>({{"ns", 1},
                                               {"us", kMicro},
                                               {"\xC2\xB5s", kMicro},
                                               {"\xCE\xBCs", kMicro},
                                               {"ms", kMilli},
                                               {"s", kSecond},
                                               {"m", kMinute},
                                               {"h", kHour}});

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string quoted(std::string_view text) {
  std::string out;
  core::append_go_quoted(out, text);
  return out;
}

std::string_view take_unit(std::string_view& text, std::string_view stop) {
  std::size_t end = 0;
  while (end < text.size() && !is_digit(text[end]) && stop.find(text[end]) == std::string_view::npos) ++end;
  const std::string_view unit = text.substr(0, end);
  text.remove_prefix(end);
  return unit;
}

// A number of Go's durations: whole part and up to 18 digits of fraction; the rest of the digits is below a nanosecond.
struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;
  double scale = 1;  // of the fraction
  bool has_digits = false;
  bool too_large = false;
};
Decimal take_decimal(std::string_view& text) {
  Decimal number;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    number.has_digits = true;
    if (number.whole > (kMaxNanos + 1) / 10) number.too_large = true;
    if (!number.too_large) number.whole = number.whole * 10 + static_cast<std::uint64_t>(text[0] - '0');
    if (number.whole > kMaxNanos + 1) number.too_large = true;
  }
  if (text.empty() || text[0] != '.') return number;
  text.remove_prefix(1);
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    number.has_digits = true;
    if (number.fraction > (kMaxNanos - 9) / 10) continue;
    number.fraction = number.fraction * 10 + static_cast<std::uint64_t>(text[0] - '0');
    number.scale *= 10;
  }
  return number;
}

}  // namespace

base::StatusOr<nanoseconds> parse_prometheus_duration(std::string_view text) {
  if (text == "0") return nanoseconds(0);
  if (text.empty()) return base::invalid_argument_error("empty duration string");
  const auto invalid = [&] { return base::invalid_argument_error("not a valid duration string: {}", quoted(text)); };
  std::uint64_t total = 0;
  std::size_t next_unit = 0;  // units go from large to small
  std::string_view left = text;
  while (!left.empty()) {
    if (!is_digit(left[0])) return invalid();
    const Decimal number = [&] {
      const std::size_t end = std::min(left.find_first_not_of("0123456789"), left.size());
      std::string_view digits = left.substr(0, end);
      left.remove_prefix(end);
      return take_decimal(digits);
    }();
    const std::string_view name = take_unit(left, "");
    if (name.empty()) return invalid();
    std::size_t unit = 0;
    while (unit < kPrometheusUnits.size() && kPrometheusUnits[unit].name != name) ++unit;
    if (unit == kPrometheusUnits.size()) {
      return base::invalid_argument_error("unknown unit {} in duration {}", quoted(name), quoted(text));
    }
    if (unit < next_unit) return invalid();
    next_unit = unit + 1;
    const std::uint64_t nanos = kPrometheusUnits[unit].nanos;
    if (number.too_large || number.whole > kMaxNanos / nanos || total + number.whole * nanos > kMaxNanos) {
      return base::invalid_argument_error("duration out of range");
    }
    total += number.whole * nanos;
  }
  return nanoseconds(static_cast<std::int64_t>(total));
}

base::StatusOr<nanoseconds> parse_go_duration(std::string_view text) {
  const auto invalid = [&] { return base::invalid_argument_error("time: invalid duration {}", quoted(text)); };
  std::string_view left = text;
  const bool negative = left.starts_with('-');
  if (negative || left.starts_with('+')) left.remove_prefix(1);
  if (left == "0") return nanoseconds(0);
  if (left.empty()) return invalid();
  std::uint64_t total = 0;
  while (!left.empty()) {
    if (left[0] != '.' && !is_digit(left[0])) return invalid();
    const Decimal number = take_decimal(left);
    if (!number.has_digits || number.too_large) return invalid();
    const std::string_view name = take_unit(left, ".");
    if (name.empty()) return base::invalid_argument_error("time: missing unit in duration {}", quoted(text));
    const Unit* unit = nullptr;
    for (const Unit& candidate : kGoUnits) {
      if (candidate.name == name) unit = &candidate;
    }
    if (unit == nullptr) {
      return base::invalid_argument_error("time: unknown unit {} in duration {}", quoted(name), quoted(text));
    }
    if (number.whole > (kMaxNanos + 1) / unit->nanos) return invalid();
    const std::uint64_t value =
        number.whole * unit->nanos + static_cast<std::uint64_t>(static_cast<double>(number.fraction) *
                                                                (static_cast<double>(unit->nanos) / number.scale));
    if (value > kMaxNanos + 1 || total + value > kMaxNanos + 1) return invalid();
    total += value;
  }
  // The smallest int64 has no positive twin, so it is legal with a sign only.
  if (negative) return nanoseconds(static_cast<std::int64_t>(~total + 1));
  if (total > kMaxNanos) return invalid();
  return nanoseconds(static_cast<std::int64_t>(total));
}

base::StatusOr<nanoseconds> parse_duration(std::string_view text) {
  base::StatusOr<nanoseconds> value = parse_prometheus_duration(text);
  return value.ok() ? value : parse_go_duration(text);
}

std::string format_prometheus_duration(nanoseconds value) {
  const bool negative = value.count() < 0;
  std::uint64_t left = static_cast<std::uint64_t>(value.count());
  if (negative) left = ~left + 1;
  if (left % kMilli != 0) return format_go_duration(value);
  if (left == 0) return "0s";
  std::string out = negative ? "-" : "";
  for (const Unit& unit : kPrometheusUnits) {
    if (left < unit.nanos || (unit.whole_only && left % unit.nanos != 0)) continue;
    fmt::format_to(std::back_inserter(out), "{}{}", left / unit.nanos, unit.name);
    left %= unit.nanos;
  }
  return out;
}

std::string format_go_duration(nanoseconds value) {
  if (value.count() == 0) return "0s";
  const bool negative = value.count() < 0;
  std::uint64_t left = static_cast<std::uint64_t>(value.count());
  if (negative) left = ~left + 1;
  // `amount` of a unit that has `per_unit` nanoseconds, without trailing zeros of the fraction.
  const auto with_fraction = [](std::uint64_t amount, std::uint64_t per_unit, std::string_view unit) {
    std::string out = fmt::format("{}", amount / per_unit);
    if (std::uint64_t fraction = amount % per_unit; fraction != 0) {
      std::string digits;
      for (std::uint64_t place = per_unit / 10; fraction != 0; fraction %= place, place /= 10) {
        digits += static_cast<char>('0' + fraction / place);
        if (place == 1) break;
      }
      out += "." + digits;
    }
    return out.append(unit);
  };
  std::string out = negative ? "-" : "";
  if (left < kMicro) return out + with_fraction(left, 1, "ns");
  if (left < kMilli) return out + with_fraction(left, kMicro, "\xC2\xB5s");
  if (left < kSecond) return out + with_fraction(left, kMilli, "ms");
  if (left >= kHour) fmt::format_to(std::back_inserter(out), "{}h", left / kHour);
  if (left >= kMinute) fmt::format_to(std::back_inserter(out), "{}m", left % kHour / kMinute);
  return out + with_fraction(left % kMinute, kSecond, "s");
}

}  // namespace cordwood::logql
