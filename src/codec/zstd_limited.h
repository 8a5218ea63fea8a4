// zstd bodies from outside; compress.h is the door for callers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cordwood::codec {

// Errors as in compress.h.
base::StatusOr<std::string> zstd_decompress_limited(std::string_view bytes, std::uint64_t decompressed_bytes_max);

}  // namespace cordwood::codec
