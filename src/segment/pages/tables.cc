#include "segment/pages/tables.h"

#include "codec/byte_writer.h"
#include "segment/format.h"
#include "segment/pages/spans.h"

namespace cordwood::segment::pages {

void append_summary(const Summary& summary, std::string& out) {
  codec::ByteWriter writer(out);
  writer.varint(summary.records);
  writer.varint(summary.line_bytes);
  writer.zigzag(summary.times.first.value);
  writer.varint(distance(summary.times.first, summary.times.last));
}

base::StatusOr<Summary> read_summary(codec::ByteReader& reader) {
  Summary summary;
  ASSIGN_OR_RETURN(summary.records, reader.varint_up_to(kSegmentBytesMax * kBlockRowsMax, "records"));
  ASSIGN_OR_RETURN(summary.line_bytes, reader.varint("line bytes"));
  ASSIGN_OR_RETURN(summary.times.first.value, reader.zigzag("first time"));
  const std::uint64_t span_max = distance(summary.times.first, base::UnixNanos::max());
  ASSIGN_OR_RETURN(const std::uint64_t span, reader.varint_up_to(span_max, "time span"));
  summary.times.last.value = static_cast<std::int64_t>(static_cast<std::uint64_t>(summary.times.first.value) + span);
  return summary;
}

base::StatusOr<TableEntries> read_table_entries(codec::ByteReader& reader) {
  TableEntries tables;
  for (std::size_t i = 0; i < kTables; ++i) {
    ASSIGN_OR_RETURN(tables[i], read_page_entry(reader, kTableBytesMax));
    if (tables[i].encoding == Encoding::kAbsent) return reader.wrong(kTableNames[i], 1, 0);
  }
  return tables;
}

std::uint64_t stored_bytes(const TableEntries& tables) {
  std::uint64_t sum = 0;
  for (const PageEntry& entry : tables) sum += entry.stored_bytes;
  return sum;
}

}  // namespace cordwood::segment::pages
