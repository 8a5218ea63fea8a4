// Frame of a table or directory: compressed if that is shorter, with a checksum over all of it.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace cordwood::codec {
class ZstdCompressor;
}

namespace cordwood::codec::lines {

void append_section(std::string_view raw, ZstdCompressor& compressor, std::string& out);
// `bytes` is exactly one section. DataLoss names `object`.
base::StatusOr<std::string> read_section(std::string_view bytes, std::string_view object, std::uint64_t base_offset);

}  // namespace cordwood::codec::lines
