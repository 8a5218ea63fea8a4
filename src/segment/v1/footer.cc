#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "segment/format.h"
#include "segment/v1/spans.h"
#include "segment/v1/tables.h"

namespace cordwood::segment::v1 {

void append_footer(const Footer& footer, std::string& out) {
  for (const PageEntry& entry : footer.tables) append_page_entry(entry, out);
  codec::ByteWriter writer(out);
  writer.varint(footer.summary.records);
  writer.varint(footer.summary.line_bytes);
  writer.zigzag(footer.summary.times.first.value);
  writer.varint(distance(footer.summary.times.first, footer.summary.times.last));
}

base::StatusOr<Footer> read_footer(std::string_view bytes, std::string_view object, std::uint64_t offset) {
  codec::ByteReader reader(bytes, object, offset);
  Footer footer;
  for (std::size_t i = 0; i < kTables; ++i) {
    ASSIGN_OR_RETURN(footer.tables[i], read_page_entry(reader, kTableBytesMax));
    if (footer.tables[i].encoding == Encoding::kAbsent) return reader.wrong(kTableNames[i], 1, 0);
  }
  ASSIGN_OR_RETURN(footer.summary.records, reader.varint_up_to(kSegmentBytesMax * kBlockRowsMax, "records"));
  ASSIGN_OR_RETURN(footer.summary.line_bytes, reader.varint("line bytes"));
  ASSIGN_OR_RETURN(footer.summary.times.first.value, reader.zigzag("first time"));
  const std::uint64_t span_max = distance(footer.summary.times.first, base::UnixNanos::max());
  ASSIGN_OR_RETURN(const std::uint64_t span, reader.varint_up_to(span_max, "time span"));
  footer.summary.times.last.value =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(footer.summary.times.first.value) + span);
  RETURN_IF_ERROR(reader.expect_end());
  return footer;
}

}  // namespace cordwood::segment::v1
