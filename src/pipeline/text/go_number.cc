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

}  // namespace

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
    // Shortest digits; the exponent decides the form.
    result = std::to_chars(begin, end, value, std::chars_format::scientific);
    std::string_view scientific(begin, static_cast<std::size_t>(result.ptr - begin));
    int exponent = 0;
    const std::string_view digits = scientific.substr(scientific.find('e') + 1);
    std::from_chars(digits.data() + (digits[0] == '+' ? 1 : 0), digits.data() + digits.size(), exponent);
    if (exponent < -4 || exponent >= 6) {
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

}  // namespace cordwood::pipeline
