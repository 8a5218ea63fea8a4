// float64 to and from text as Go's strconv does it.
#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/labels.h"
#include "logql/units.h"

namespace cordwood::logql {
namespace {

// The shortest digits that read back as the value, and where the point stands: 0.d1d2d3... x 10^point.
struct Digits {
  std::string digits;
  int point = 0;
};
Digits shortest_digits(double positive) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), positive, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = text.find('e');
  Digits result;
  for (const char c : text.substr(0, e)) {
    if (c != '.') result.digits += c;
  }
  result.point = std::atoi(std::string(text.substr(e + 1)).c_str()) + 1;
  return result;
}

// Underscores only between digits, or between a base prefix and a digit.
bool underscores_fit(std::string_view text) {
  const bool prefixed = text.size() > 2 && text[0] == '0' && std::tolower(static_cast<unsigned char>(text[1])) == 'x';
  const auto digit = [&](std::size_t i) {
    if (i >= text.size()) return false;
    return std::isxdigit(static_cast<unsigned char>(text[i])) != 0 || (prefixed && i == 1);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && (i == 0 || !digit(i - 1) || !digit(i + 1))) return false;
  }
  return true;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != lower[i]) return false;
  }
  return true;
}

base::Status float_error(std::string_view text, std::string_view what) {
  std::string quoted;
  core::append_go_quoted(quoted, text);
  return base::invalid_argument_error("strconv.ParseFloat: parsing {}: {}", quoted, what);
}

}  // namespace

std::string format_float_plain(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  std::string out = std::signbit(value) ? "-" : "";
  if (value == 0) return out + "0";
  auto [digits, point] = shortest_digits(std::abs(value));
  if (point <= 0) return out + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  const auto whole = static_cast<std::size_t>(point);
  if (whole >= digits.size()) return out + digits + std::string(whole - digits.size(), '0');
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string format_float_shortest(double value) {
  if (value == 0 || !std::isfinite(value)) return format_float_plain(value);
  const auto [digits, point] = shortest_digits(std::abs(value));
  const int exponent = point - 1;
  if (exponent >= -4 && exponent < 21) return format_float_plain(value);
  std::string out = value < 0 ? "-" : "";
  out += digits[0];
  if (digits.size() > 1) out += "." + digits.substr(1);
  return out + fmt::format("e{}{:02d}", exponent < 0 ? '-' : '+', std::abs(exponent));
}

base::StatusOr<double> parse_go_float(std::string_view text) {
  std::string_view left = text;
  const bool negative = left.starts_with('-');
  if (negative || left.starts_with('+')) left.remove_prefix(1);
  const double sign = negative ? -1 : 1;
  if (equals_ignoring_case(left, "inf") || equals_ignoring_case(left, "infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (equals_ignoring_case(left, "nan")) return std::numeric_limits<double>::quiet_NaN();
  if (!underscores_fit(left)) return float_error(text, "invalid syntax");
  const bool hex = left.size() > 2 && left[0] == '0' && (left[1] == 'x' || left[1] == 'X');
  std::string plain;
  for (const char c : hex ? left.substr(2) : left) {
    if (c != '_') plain += c;
  }
  if (hex && plain.find_first_of("pP") == std::string::npos) return float_error(text, "invalid syntax");
  // from_chars takes a sign and the words inf and nan, which are dealt with above.
  if (plain.empty() || (plain[0] != '.' && !std::isxdigit(static_cast<unsigned char>(plain[0])))) {
    return float_error(text, "invalid syntax");
  }
  double value = 0;
  const char* const end = plain.data() + plain.size();
  const auto [stop, error] =
      std::from_chars(plain.data(), end, value, hex ? std::chars_format::hex : std::chars_format::general);
  if (error == std::errc::invalid_argument || stop != end) return float_error(text, "invalid syntax");
  if (error == std::errc::result_out_of_range) {
    // Too small is zero in Go, too large is an error; from_chars reports both alike.
    value = std::strtod((hex ? "0x" + plain : plain).c_str(), nullptr);
    if (std::isinf(value)) return float_error(text, "value out of range");
  }
  return sign * value;
}

}  // namespace cordwood::logql
