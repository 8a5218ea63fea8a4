// The argument of `ip("...")`: one address, a CIDR block, or `first-last`; IPv4 and IPv6.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"

namespace cordwood::logql {

struct IpAddress {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // big endian; IPv4 uses the first four

  auto operator<=>(const IpAddress&) const = default;
};

// `192.168.0.1` (no leading zeros) or RFC 4291 text, with an embedded IPv4 tail; a zone (`%eth0`) is not accepted.
std::optional<IpAddress> parse_ip_address(std::string_view text);

// Both ends included; both of the same family.
struct IpPattern {
  IpAddress first;
  IpAddress last;

  bool contains(const IpAddress& address) const { return first <= address && address <= last; }
};

// Errors: `ip: invalid pattern "..."`.
base::StatusOr<IpPattern> parse_ip_pattern(std::string_view text);

}  // namespace cordwood::logql
