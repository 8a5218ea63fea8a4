#include "pipeline/parse/ip_scan.h"

#include <optional>

namespace cordwood::pipeline {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

char at_or_null(std::string_view text, std::size_t i) {
  return i < text.size() ? text[i] : '\0';
}

// A dot within the first four characters: the first number of an IPv4 address has three digits at most.
bool may_begin_v4(std::string_view text, std::size_t i) {
  return is_digit(text[i]) &&
         (at_or_null(text, i + 1) == '.' || at_or_null(text, i + 2) == '.' || at_or_null(text, i + 3) == '.');
}

// A colon behind at most four hexadecimal digits, or `::`.
bool may_begin_v6(std::string_view text, std::size_t i) {
  if (text[i] == ':') return at_or_null(text, i + 1) == ':';
  for (std::size_t n = 0; n < 5; ++n) {
    const char c = at_or_null(text, i + n);
    if (c == ':') return n > 0;
    if (!is_hex(c)) return false;
  }
  return false;
}

template <typename Allowed>
std::string_view run_at(std::string_view text, std::size_t begin, Allowed allowed) {
  std::size_t end = begin;
  while (end < text.size() && allowed(text[end])) ++end;
  return text.substr(begin, end - begin);
}

bool matches(std::string_view candidate, const logql::IpPattern& pattern) {
  const std::optional<logql::IpAddress> address = logql::parse_ip_address(candidate);
  return address.has_value() && address->is_v6 == pattern.first.is_v6 && pattern.contains(*address);
}

}  // namespace

bool holds_ip(std::string_view text, const logql::IpPattern& pattern) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::string_view candidate;
    if (may_begin_v4(text, i)) {
      candidate = run_at(text, i, [](char c) { return is_digit(c) || c == '.'; });
    } else if (may_begin_v6(text, i)) {
      candidate = run_at(text, i, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
    }
    if (candidate.empty()) {
      ++i;
      continue;
    }
    if (matches(candidate, pattern)) return true;
    i += candidate.size() + 1;
  }
  return false;
}

}  // namespace cordwood::pipeline
