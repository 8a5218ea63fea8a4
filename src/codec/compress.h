// Whole bodies through the compressions that HTTP senders, the journal and the agent use. Decompression is made for
// hostile input: the result is compared with a limit before its memory is taken, so that a small bomb costs nothing.
// All functions are thread-safe, keep no pointer to their input and block only for CPU time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cordwood::codec {

// The values equal those of core::ContentEncoding, which is persisted, and never change.
enum class Compression : std::uint8_t {
  kIdentity = 0,
  kGzip = 1,         // RFC 1952, any number of members
  kDeflate = 2,      // HTTP's "deflate": zlib (RFC 1950), and raw RFC 1951, which some clients send instead
  kSnappyBlock = 3,  // the block format of snappy, without framing: remote write's and Loki's protobuf bodies
  kZstd = 4,         // RFC 8878, any number of frames
};

// "gzip", "zstd", ...: for messages.
std::string_view name_of(Compression kind);

// The decompressed bytes. ResourceExhausted when there are more than `decompressed_bytes_max`; InvalidArgument with the
// offset in `bytes` and the reason when the input is malformed, truncated, empty, or has bytes after its end (an empty
// input is valid for kIdentity only). A zstd frame that does not tell its size may ask for a window of at most 8 MiB
// (RFC 9659).
base::StatusOr<std::string> decompress(Compression kind, std::string_view bytes, std::uint64_t decompressed_bytes_max);

// For clients and tests. `level` is the compressor's own scale; 0 is its default. kDeflate writes zlib.
std::string compress(Compression kind, std::string_view bytes, int level = 0);

}  // namespace cordwood::codec
