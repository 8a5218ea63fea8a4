// RFC 3339 times with any number of fraction digits (those beyond nanoseconds are dropped).
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace cordwood::ingest::loki {

std::optional<base::UnixNanos> parse_rfc3339(std::string_view text);

}  // namespace cordwood::ingest::loki
