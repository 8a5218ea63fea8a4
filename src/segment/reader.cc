#include "segment/reader.h"

#include <algorithm>
#include <utility>

#include "segment/format.h"
#include "segment/trailer.h"
#include "segment/v1/open.h"

namespace cordwood::segment {

base::Task<base::StatusOr<std::shared_ptr<const Part>>> open_segment(std::shared_ptr<ByteSource> source) {
  const std::uint64_t size = source->size();
  if (size < kHeaderMagic.size() + kTrailerBytes || size > kSegmentBytesMax) {
    co_return base::data_loss_error("segment={} section=trailer offset=0: wanted={} to {} bytes, found={}",
                                    source->name(), kHeaderMagic.size() + kTrailerBytes, kSegmentBytesMax, size);
  }
  const std::uint64_t tail_bytes = std::min(size, kTailBytes);
  std::string section = "trailer";
  base::StatusOr<std::string> tail = co_await read_exactly(source, size - tail_bytes, tail_bytes, std::move(section));
  if (!tail.ok()) co_return tail.status();
  const base::StatusOr<Trailer> trailer = read_trailer(source->name(), *tail, size);
  if (!trailer.ok()) co_return trailer.status();
  if (trailer->version == v1::kVersion) {
    co_return co_await v1::open(std::move(source), *trailer, std::move(*tail));
  }
  co_return base::unimplemented_error(
      "segment={} section=trailer offset={}: version wanted=1, found={}; it was written by a newer cordwood",
      source->name(), size - kTrailerBytes + 12, trailer->version);
}

}  // namespace cordwood::segment
