#include "logql/ip_pattern.h"

#include <charconv>
#include <string>
#include <vector>

#include "core/labels.h"

namespace cordwood::logql {
namespace {

std::optional<unsigned> parse_number(std::string_view text, int base, unsigned max) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<IpAddress> parse_v4(std::string_view text) {
  IpAddress address;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view part = text.substr(0, dot);
    const auto value = parse_number(part, 10, 255);
    if (!value.has_value() || part.size() > 3 || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    address.bytes[i] = static_cast<std::uint8_t>(*value);
    text.remove_prefix(i < 3 ? dot + 1 : dot);
  }
  return address;
}

// One side of `::`: groups of 16 bits, the last of which may be an IPv4 address.
bool parse_groups(std::string_view text, std::vector<std::uint8_t>& out) {
  while (!text.empty()) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view group = text.substr(0, colon);
    if (colon == text.size() && group.find('.') != std::string_view::npos) {
      const std::optional<IpAddress> tail = parse_v4(group);
      if (!tail.has_value()) return false;
      out.insert(out.end(), tail->bytes.begin(), tail->bytes.begin() + 4);
      return true;
    }
    const auto value = parse_number(group, 16, 0xFFFF);
    if (!value.has_value() || group.size() > 4 || colon + 1 == text.size()) return false;
    out.push_back(static_cast<std::uint8_t>(*value >> 8));
    out.push_back(static_cast<std::uint8_t>(*value & 0xFF));
    text.remove_prefix(std::min(colon + 1, text.size()));
  }
  return true;
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  std::vector<std::uint8_t> head;
  std::vector<std::uint8_t> tail;
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  if (!parse_groups(text.substr(0, gap), head)) return std::nullopt;
  if (has_gap && (text.substr(gap + 2).starts_with(':') || !parse_groups(text.substr(gap + 2), tail)))
    return std::nullopt;
  // `::` stands for at least one group of zeros.
  const std::size_t bytes = head.size() + tail.size();
  if (has_gap ? bytes > 14 : bytes != 16) return std::nullopt;
  IpAddress address;
  address.is_v6 = true;
  std::copy(head.begin(), head.end(), address.bytes.begin());
  std::copy(tail.begin(), tail.end(), address.bytes.end() - static_cast<std::ptrdiff_t>(tail.size()));
  return address;
}

std::optional<IpPattern> parse_block(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> address = parse_ip_address(text.substr(0, slash));
  if (!address.has_value()) return std::nullopt;
  const unsigned width = address->is_v6 ? 128 : 32;
  const std::string_view digits = text.substr(slash + 1);
  const auto prefix = parse_number(digits, 10, width);
  if (!prefix.has_value() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  IpPattern block{*address, *address};
  for (unsigned bit = *prefix; bit < width; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    block.first.bytes[bit / 8] = static_cast<std::uint8_t>(block.first.bytes[bit / 8] & ~mask);
    block.last.bytes[bit / 8] = static_cast<std::uint8_t>(block.last.bytes[bit / 8] | mask);
  }
  return block;
}

std::optional<IpPattern> parse_any(std::string_view text) {
  if (const std::optional<IpAddress> one = parse_ip_address(text); one.has_value()) return IpPattern{*one, *one};
  if (text.find('/') != std::string_view::npos) return parse_block(text);
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::optional<IpAddress> first = parse_ip_address(text.substr(0, dash));
  const std::optional<IpAddress> last = parse_ip_address(text.substr(dash + 1));
  if (!first.has_value() || !last.has_value() || first->is_v6 != last->is_v6 || *last < *first) return std::nullopt;
  return IpPattern{*first, *last};
}

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

base::StatusOr<IpPattern> parse_ip_pattern(std::string_view text) {
  const std::optional<IpPattern> pattern = parse_any(text);
  if (pattern.has_value()) return *pattern;
  std::string quoted;
  core::append_go_quoted(quoted, text);
  return base::invalid_argument_error("ip: invalid pattern {}", quoted);
}

}  // namespace cordwood::logql
