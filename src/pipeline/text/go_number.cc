#include "pipeline/text/go_number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "core/labels.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline {
namespace {

std::string go_quoted(std::string_view text) {
  std::string out;
  core::append_go_quoted(out, text);
  return out;
}

base::Status number_error(std::string_view function, std::string_view text, std::string_view reason) {
  return base::invalid_argument_error("strconv.{}: parsing {}: {}", function, go_quoted(text), reason);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equals_folded(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

// Removes `_` where Go allows it: between digits, or between a base prefix and a digit. False when one stands
// elsewhere.
bool remove_underscores(std::string_view text, std::string& out) {
  if (text.find('_') == std::string_view::npos) {
    out.assign(text);
    return true;
  }
  std::string_view rest = text;
  char previous = '^';  // ^ start, 0 digit, _ underscore, ! other
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    out.push_back(rest[0]);
    rest.remove_prefix(1);
  }
  bool hex = false;
  if (rest.size() >= 2 && rest[0] == '0' && (lower(rest[1]) == 'x' || lower(rest[1]) == 'b' || lower(rest[1]) == 'o')) {
    hex = lower(rest[1]) == 'x';
    out.append(rest.substr(0, 2));
    rest.remove_prefix(2);
    previous = '0';
  }
  for (const char c : rest) {
    if (is_digit(c) || (hex && lower(c) >= 'a' && lower(c) <= 'f')) {
      previous = '0';
    } else if (c == '_') {
      if (previous != '0') return false;
      previous = '_';
      continue;
    } else {
      if (previous == '_') return false;
      previous = '!';
    }
    out.push_back(c);
  }
  return previous != '_';
}

struct DurationUnit {
  std::string_view name;
  std::uint64_t nanos;
};
constexpr std::array<DurationUnit, 8> kDurationUnits = {{{"ns", 1},
                                                         {"us", 1000},
                                                         {"µs", 1000},
                                                         {"μs", 1000},
                                                         {"ms", 1000000},
                                                         {"s", 1000000000},
                                                         {"m", 60000000000},
                                                         {"h", 3600000000000}}};

constexpr std::array<std::pair<std::string_view, double>, 26> kSizeUnits = {{
    {"", 1.0},
    {"b", 1.0},
    {"kib", 1024.0},
    {"kb", 1e3},
    {"mib", 1048576.0},
    {"mb", 1e6},
    {"gib", 1073741824.0},
    {"gb", 1e9},
    {"tib", 1099511627776.0},
    {"tb", 1e12},
    {"pib", 1125899906842624.0},
    {"pb", 1e15},
    {"eib", 1152921504606846976.0},
    {"eb", 1e18},
    {"ki", 1024.0},
    {"k", 1e3},
    {"mi", 1048576.0},
    {"m", 1e6},
    {"gi", 1073741824.0},
    {"g", 1e9},
    {"ti", 1099511627776.0},
    {"t", 1e12},
    {"pi", 1125899906842624.0},
    {"p", 1e15},
    {"ei", 1152921504606846976.0},
    {"e", 1e18},
}};

}  // namespace

base::StatusOr<double> parse_go_float(std::string_view text) {
  std::string_view body = text;
  bool negative = false;
  if (!body.empty() && (body[0] == '+' || body[0] == '-')) {
    negative = body[0] == '-';
    body.remove_prefix(1);
  }
  if (equals_folded(body, "inf") || equals_folded(body, "infinity")) {
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  if (equals_folded(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  std::string cleaned;
  if (body.empty() || !(is_digit(body[0]) || body[0] == '.') || !remove_underscores(body, cleaned)) {
    return number_error("ParseFloat", text, "invalid syntax");
  }
  const char* begin = cleaned.data();
  const char* end = begin + cleaned.size();
  auto format = std::chars_format::general;
  if (cleaned.size() > 2 && cleaned[0] == '0' && lower(cleaned[1]) == 'x') {
    // A hexadecimal mantissa needs an exponent in Go.
    if (cleaned.find_first_of("pP") == std::string::npos) return number_error("ParseFloat", text, "invalid syntax");
    format = std::chars_format::hex;
    begin += 2;
  }
  double value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value, format);
  if (stop != end || error == std::errc::invalid_argument) return number_error("ParseFloat", text, "invalid syntax");
  if (error == std::errc::result_out_of_range) {
    // from_chars reports underflow too, which Go rounds to zero.
    const double approximate = std::strtod(cleaned.c_str(), nullptr);
    if (std::isinf(approximate)) return number_error("ParseFloat", text, "value out of range");
    value = approximate;
  }
  return negative ? -value : value;
}

base::StatusOr<base::nanoseconds> parse_go_duration(std::string_view text) {
  const auto invalid = [&] { return base::invalid_argument_error("time: invalid duration {}", go_quoted(text)); };
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return base::nanoseconds(0);
  if (rest.empty()) return invalid();
  constexpr std::uint64_t kMax = std::uint64_t{1} << 63;
  std::uint64_t total = 0;
  while (!rest.empty()) {
    if (rest[0] != '.' && !is_digit(rest[0])) return invalid();
    std::uint64_t whole = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && is_digit(rest[digits]); ++digits) {
      if (whole > kMax / 10) return invalid();
      whole = whole * 10 + static_cast<std::uint64_t>(rest[digits] - '0');
      if (whole > kMax) return invalid();
    }
    const bool has_whole = digits > 0;
    rest.remove_prefix(digits);
    double fraction = 0;
    double scale = 1;
    bool has_fraction = false;
    if (!rest.empty() && rest[0] == '.') {
      rest.remove_prefix(1);
      std::size_t n = 0;
      for (; n < rest.size() && is_digit(rest[n]); ++n) {
        if (scale > 1e17) continue;  // beyond a nanosecond
        fraction = fraction * 10 + (rest[n] - '0');
        scale *= 10;
      }
      has_fraction = n > 0;
      rest.remove_prefix(n);
    }
    if (!has_whole && !has_fraction) return invalid();
    std::size_t length = 0;
    while (length < rest.size() && rest[length] != '.' && !is_digit(rest[length])) ++length;
    if (length == 0) return base::invalid_argument_error("time: missing unit in duration {}", go_quoted(text));
    const std::string_view name = rest.substr(0, length);
    rest.remove_prefix(length);
    std::uint64_t unit = 0;
    for (const DurationUnit& known : kDurationUnits) {
      if (known.name == name) unit = known.nanos;
    }
    if (unit == 0) {
      return base::invalid_argument_error("time: unknown unit {} in duration {}", go_quoted(name), go_quoted(text));
    }
    if (whole > kMax / unit) return invalid();
    std::uint64_t part = whole * unit;
    if (fraction > 0) part += static_cast<std::uint64_t>(fraction * (static_cast<double>(unit) / scale));
    if (part > kMax || total + part > kMax) return invalid();
    total += part;
  }
  if (negative) return base::nanoseconds(static_cast<std::int64_t>(0 - total));
  if (total > kMax - 1) return invalid();
  return base::nanoseconds(static_cast<std::int64_t>(total));
}

base::StatusOr<std::uint64_t> parse_humanized_bytes(std::string_view text) {
  std::size_t length = 0;
  std::string number;
  while (length < text.size() && (is_digit(text[length]) || text[length] == '.' || text[length] == ',')) {
    if (text[length] != ',') number.push_back(text[length]);
    ++length;
  }
  ASSIGN_OR_RETURN(double value, parse_go_float(number));
  const std::string unit = to_lower(trim_space(text.substr(length)));
  for (const auto& [name, factor] : kSizeUnits) {
    if (name != unit) continue;
    value *= factor;
    if (value >= 18446744073709551615.0) return base::invalid_argument_error("too large: {}", text);
    return static_cast<std::uint64_t>(value);
  }
  return base::invalid_argument_error("unhandled size name: {}", unit);
}

base::StatusOr<std::int64_t> parse_go_int(std::string_view text, int base) {
  const auto syntax = [&] { return number_error("ParseInt", text, "invalid syntax"); };
  std::string_view body = text;
  bool negative = false;
  if (!body.empty() && (body[0] == '+' || body[0] == '-')) {
    negative = body[0] == '-';
    body.remove_prefix(1);
  }
  std::string cleaned;
  if (body.empty()) return syntax();
  if (base == 0) {
    base = 10;
    if (!remove_underscores(body, cleaned)) return syntax();
    body = cleaned;
    if (body[0] == '0' && body.size() > 1) {
      const char prefix = lower(body[1]);
      base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
      body.remove_prefix(prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1);
    }
  }
  if (body.empty() || body[0] == '-' || body[0] == '+') return syntax();
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(body.data(), body.data() + body.size(), value, base);
  if (error == std::errc::invalid_argument || stop != body.data() + body.size()) return syntax();
  constexpr std::uint64_t kMax = std::uint64_t{1} << 63;
  if (error == std::errc::result_out_of_range || value > kMax || (!negative && value == kMax)) {
    return number_error("ParseInt", text, "value out of range");
  }
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

std::string format_float(double value, char format, int precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const char kind = lower(format);
  std::array<char, 1200> buffer;  // the longest double in fixed form has 309 digits and 1074 places
  char* const begin = buffer.data();
  char* const end = begin + buffer.size();
  if (precision > 500) precision = 500;
  std::to_chars_result result{};
  if (kind == 'g' && precision < 0) {
    // Shortest digits; the exponent decides the form: Go switches at 21 instead of at the number of digits.
    result = std::to_chars(begin, end, value, std::chars_format::scientific);
    std::string_view scientific(begin, static_cast<std::size_t>(result.ptr - begin));
    int exponent = 0;
    const std::string_view digits = scientific.substr(scientific.find('e') + 1);
    std::from_chars(digits.data() + (digits[0] == '+' ? 1 : 0), digits.data() + digits.size(), exponent);
    if (exponent < -4 || exponent >= 21) {
      std::string out(scientific);
      return format == 'G' ? to_upper(out) : out;
    }
    result = std::to_chars(begin, end, value, std::chars_format::fixed);
    return std::string(begin, result.ptr);
  }
  const auto form = kind == 'e'   ? std::chars_format::scientific
                    : kind == 'f' ? std::chars_format::fixed
                                  : std::chars_format::general;
  result = precision < 0 ? std::to_chars(begin, end, value, form)
                         : std::to_chars(begin, end, value, form, kind == 'g' && precision == 0 ? 1 : precision);
  std::string out(begin, result.ptr);
  return format == 'E' || format == 'G' ? to_upper(out) : out;
}

std::string format_go_float(double value) {
  return format_float(value, 'g', -1);
}

std::string format_go_duration(base::nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  std::uint64_t rest = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  const auto with_fraction = [](std::uint64_t value, std::uint64_t unit, std::string_view suffix) {
    std::string out = std::to_string(value / unit);
    std::uint64_t fraction = value % unit;
    if (fraction != 0) {
      std::string digits = std::to_string(unit + fraction).substr(1);
      while (digits.back() == '0') digits.pop_back();
      out += "." + digits;
    }
    return out + std::string(suffix);
  };
  std::string out = count < 0 ? "-" : "";
  if (rest < 1000) return out + std::to_string(rest) + "ns";
  if (rest < 1000000) return out + with_fraction(rest, 1000, "µs");
  if (rest < 1000000000) return out + with_fraction(rest, 1000000, "ms");
  const std::uint64_t hours = rest / 3600000000000;
  const std::uint64_t minutes = rest / 60000000000 % 60;
  if (hours > 0) out += std::to_string(hours) + "h";
  if (rest >= 60000000000) out += std::to_string(minutes) + "m";
  return out + with_fraction(rest % 60000000000, 1000000000, "s");
}

}  // namespace cordwood::pipeline
