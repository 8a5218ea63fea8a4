#include "segment/trailer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "segment/format.h"

namespace cordwood::segment {
namespace {

constexpr std::uint64_t kCheckedBytes = 16;

base::Status trailer_error(std::string_view name, std::uint64_t offset, std::string_view what) {
  return base::data_loss_error("segment={} section=trailer offset={}: {}", name, offset, what);
}

}  // namespace

void append_trailer(const Trailer& trailer, std::string_view footer, std::string& out) {
  CHECK(footer.size() == trailer.footer_bytes && footer.size() <= kFooterBytesMax);
  std::string fields;
  codec::ByteWriter writer(fields);
  writer.u64(trailer.segment_bytes);
  writer.u32(trailer.footer_bytes);
  writer.u16(trailer.version);
  writer.u16(0);
  std::string checked(footer);
  checked += fields;
  writer.u64(base::hash64(checked));
  writer.bytes(kTrailerMagic);
  out += fields;
}

base::StatusOr<Trailer> read_trailer(std::string_view name, std::string_view tail, std::uint64_t segment_bytes) {
  if (tail.size() < kTrailerBytes) {
    return trailer_error(name, 0, fmt::format("wanted={} bytes, found={}", kTrailerBytes, tail.size()));
  }
  const std::uint64_t offset = segment_bytes - kTrailerBytes;
  const std::string_view bytes = tail.substr(tail.size() - kTrailerBytes);
  if (!bytes.ends_with(kTrailerMagic)) return trailer_error(name, offset + 24, "wanted=CWSEGEND, found=something else");
  codec::ByteReader reader(bytes, name, offset);
  Trailer trailer;
  ASSIGN_OR_RETURN(trailer.segment_bytes, reader.u64("segment bytes"));
  ASSIGN_OR_RETURN(trailer.footer_bytes, reader.u32("footer bytes"));
  ASSIGN_OR_RETURN(trailer.version, reader.u16("version"));
  ASSIGN_OR_RETURN(const std::uint16_t zero, reader.u16("reserved"));
  ASSIGN_OR_RETURN(const std::uint64_t wanted, reader.u64("checksum"));
  if (trailer.footer_bytes > kFooterBytesMax || trailer.footer_bytes > tail.size() - kTrailerBytes) {
    return trailer_error(
        name, offset + 8,
        fmt::format("footer bytes: wanted=at most {}, found={}", tail.size() - kTrailerBytes, trailer.footer_bytes));
  }
  std::string checked(tail.substr(tail.size() - kTrailerBytes - trailer.footer_bytes, trailer.footer_bytes));
  checked += bytes.substr(0, kCheckedBytes);
  const std::uint64_t found = base::hash64(checked);
  if (wanted != found) {
    return trailer_error(name, offset + 16, fmt::format("checksum: wanted={:016x} found={:016x}", wanted, found));
  }
  if (trailer.segment_bytes != segment_bytes) {
    return trailer_error(name, offset,
                         fmt::format("object bytes: wanted={} found={}", trailer.segment_bytes, segment_bytes));
  }
  if (zero != 0) return trailer_error(name, offset + 14, fmt::format("reserved: wanted=0 found={}", zero));
  return trailer;
}

base::Task<base::StatusOr<Tail>> read_tail(std::shared_ptr<ByteSource> source) {
  const std::uint64_t size = source->size();
  if (size < kHeaderMagic.size() + kTrailerBytes || size > kSegmentBytesMax) {
    co_return base::data_loss_error("segment={} section=trailer offset=0: wanted={} to {} bytes, found={}",
                                    source->name(), kHeaderMagic.size() + kTrailerBytes, kSegmentBytesMax, size);
  }
  const std::uint64_t tail_bytes = std::min(size, kTailBytes);
  std::string section = "trailer";
  base::StatusOr<std::string> bytes = co_await read_exactly(source, size - tail_bytes, tail_bytes, std::move(section));
  if (!bytes.ok()) co_return bytes.status();
  const base::StatusOr<Trailer> trailer = read_trailer(source->name(), *bytes, size);
  if (!trailer.ok()) co_return trailer.status();
  Tail tail{*trailer, *std::move(bytes)};
  co_return tail;
}

base::Status unknown_version(std::string_view name, const Trailer& trailer) {
  return base::unimplemented_error(
      "segment={} section=trailer offset={}: version wanted=at most {}, found={}; a newer cordwood wrote it", name,
      trailer.segment_bytes - kTrailerBytes + 12, kNewestVersion, trailer.version);
}

}  // namespace cordwood::segment
