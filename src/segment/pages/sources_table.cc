#include <limits>

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "segment/pages/tables.h"

namespace cordwood::segment::pages {

void append_sources(const std::vector<RowSource>& sources, std::string& out) {
  codec::ByteWriter writer(out);
  writer.varint(sources.size());
  const RowSource* last = nullptr;
  for (const RowSource& source : sources) {
    const base::Hash128 id = source.generation.value;
    const bool same_high = last != nullptr && last->generation.value.hi == id.hi;
    writer.u8(static_cast<std::uint8_t>((source.named ? kSourceNamed : 0) | (same_high ? kSourceSameHigh : 0)));
    if (same_high) {
      writer.zigzag(static_cast<std::int64_t>(id.lo - last->generation.value.lo));
    } else {
      writer.u64(id.hi);
      writer.u64(id.lo);
    }
    last = &source;
  }
}

base::StatusOr<std::vector<RowSource>> read_sources(std::string_view bytes) {
  codec::ByteReader reader(bytes, kTableNames[static_cast<std::size_t>(TableKind::kSources)]);
  // A source takes at least a byte.
  ASSIGN_OR_RETURN(const std::uint64_t count, reader.varint_up_to(reader.left(), "source count"));
  if (count == 0 || count > std::numeric_limits<std::uint32_t>::max()) return reader.wrong("source count", 1, count);
  std::vector<RowSource> sources;
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const std::uint8_t flags, reader.u8("source flags"));
    if (flags > (kSourceNamed | kSourceSameHigh)) return reader.wrong("source flags", 3, flags);
    RowSource source;
    source.named = (flags & kSourceNamed) != 0;
    base::Hash128& id = source.generation.value;
    if ((flags & kSourceSameHigh) != 0) {
      if (sources.empty()) return reader.wrong("flags of the first source", kSourceNamed, flags);
      ASSIGN_OR_RETURN(const std::int64_t step, reader.zigzag("generation step"));
      id = sources.back().generation.value;
      id.lo += static_cast<std::uint64_t>(step);
    } else {
      ASSIGN_OR_RETURN(id.hi, reader.u64("generation high"));
      ASSIGN_OR_RETURN(id.lo, reader.u64("generation low"));
    }
    sources.push_back(source);
  }
  RETURN_IF_ERROR(reader.expect_end());
  return sources;
}

}  // namespace cordwood::segment::pages
