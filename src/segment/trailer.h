// The last 32 bytes of a segment of any version: where its footer begins and which reader understands the rest.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/task.h"
#include "segment/byte_source.h"

namespace cordwood::segment {

struct Trailer {
  std::uint64_t segment_bytes = 0;
  std::uint32_t footer_bytes = 0;
  std::uint16_t version = 0;
};

// Appends the trailer for a segment whose footer is `footer`.
void append_trailer(const Trailer& trailer, std::string_view footer, std::string& out);

// From the last bytes of the object `name`, which has `segment_bytes`; `tail` holds the footer too unless the object is
// malformed. DataLoss unless magic, size and checksum are right. The version may be any.
base::StatusOr<Trailer> read_trailer(std::string_view name, std::string_view tail, std::uint64_t segment_bytes);

// The last kTailBytes of an object, or all of a smaller one, with its trailer read from them.
struct Tail {
  Trailer trailer;
  std::string bytes;
};
base::Task<base::StatusOr<Tail>> read_tail(std::shared_ptr<ByteSource> source);

// Unimplemented: for a trailer that is right but of a version without a reader.
base::Status unknown_version(std::string_view name, const Trailer& trailer);

}  // namespace cordwood::segment
