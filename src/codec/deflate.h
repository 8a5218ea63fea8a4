// gzip, zlib and raw deflate by zlib; compress.h is the door for callers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cordwood::codec {

// Errors as in compress.h.
base::StatusOr<std::string> gunzip(std::string_view bytes, std::uint64_t decompressed_bytes_max);
// zlib when the first two bytes are a zlib header and what follows is zlib, else raw deflate.
base::StatusOr<std::string> inflate_zlib_or_raw(std::string_view bytes, std::uint64_t decompressed_bytes_max);

enum class DeflateFormat : std::uint8_t { kGzip, kZlib, kRaw };
std::string deflate(DeflateFormat format, std::string_view bytes, int level);

}  // namespace cordwood::codec
