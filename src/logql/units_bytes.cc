// Byte sizes as people write them (go-humanize's reading and printing).
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cmath>
#include <limits>

#include "logql/units.h"

namespace cordwood::logql {
namespace {

constexpr std::string_view kLetters = "kmgtpe";

// The factor of "", "b", "k", "kb", "kib", ... in lower case; 0 when it is no size.
double factor_of(std::string_view unit) {
  if (unit.empty() || unit == "b") return 1;
  const std::size_t power = kLetters.find(unit[0]);
  if (power == std::string_view::npos) return 0;
  unit.remove_prefix(1);
  const bool binary = unit.starts_with('i');
  if (binary) unit.remove_prefix(1);
  if (!unit.empty() && unit != "b") return 0;
  return std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power + 1));
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

base::StatusOr<std::uint64_t> parse_bytes(std::string_view text) {
  std::string number;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (!std::isdigit(static_cast<unsigned char>(c)) && c != '.' && c != ',') break;
    if (c != ',') number += c;
  }
  ASSIGN_OR_RETURN(double value, parse_go_float(number));
  std::string_view rest = text.substr(at);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && is_blank(rest.back())) rest.remove_suffix(1);
  std::string unit(rest);
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const double factor = factor_of(unit);
  if (factor == 0) return base::invalid_argument_error("unhandled size name: {}", unit);
  value *= factor;
  if (value >= 18446744073709551616.0) return base::invalid_argument_error("too large: {}", text);
  return static_cast<std::uint64_t>(value);
}

std::string format_bytes_rounded(std::uint64_t value) {
  if (value < 10) return fmt::format("{}B", value);
  constexpr auto kUnits = std::to_array<std::string_view>({"B", "kB", "MB", "GB", "TB", "PB", "EB"});
  const double amount = static_cast<double>(value);
  const auto power = static_cast<std::size_t>(std::floor(std::log(amount) / std::log(1000.0)));
  const double shown = std::floor(amount / std::pow(1000.0, static_cast<double>(power)) * 10 + 0.5) / 10;
  return shown < 10 ? fmt::format("{:.1f}{}", shown, kUnits[power]) : fmt::format("{:.0f}{}", shown, kUnits[power]);
}

std::string format_bytes_exact(std::uint64_t value) {
  std::string rounded = format_bytes_rounded(value);
  // Exabytes are not a size in a query.
  if (const auto back = parse_bytes(rounded); !rounded.ends_with("EB") && back.ok() && *back == value) return rounded;
  return fmt::format("{}B", value);
}

}  // namespace cordwood::logql
