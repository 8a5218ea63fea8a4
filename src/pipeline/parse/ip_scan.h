// Addresses inside text, for ip() filters.
#pragma once

#include <string_view>

#include "logql/ip_pattern.h"

namespace cordwood::pipeline {

// Whether any IPv4 or IPv6 address in `text` lies in `pattern`. An address is the longest run of characters that may
// belong to one: digits and dots, or hexadecimal digits, colons and dots; it may be followed by anything.
bool holds_ip(std::string_view text, const logql::IpPattern& pattern);

}  // namespace cordwood::pipeline
