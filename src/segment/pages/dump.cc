#include "segment/pages/dump.h"

namespace cordwood::segment::pages {
namespace {

std::string_view name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::kAbsent:
      return "absent";
    case Encoding::kPlain:
      return "plain";
    case Encoding::kZstd:
      return "zstd";
  }
  return "?";
}

}  // namespace

void append_page_line(std::string_view name, std::uint64_t offset, const PageEntry& entry, std::string& out) {
  append_text_line(out, "  {:<12} offset={} stored={} raw={} encoding={} checksum={:016x}", name, offset,
                   entry.stored_bytes, entry.raw_bytes, name_of(entry.encoding), entry.checksum);
}

void append_summary_lines(const CommonTables& tables, std::string& out) {
  const Summary& summary = tables.summary;
  append_text_line(out, "records={} line_bytes={} times={}..{}", summary.records, summary.line_bytes,
                   summary.times.first.value, summary.times.last.value);
  append_text_line(out, "tables");
  std::uint64_t offset = tables.tables_offset;
  for (std::size_t i = 0; i < kTables; ++i) {
    append_page_line(kTableNames[i], offset, tables.entries[i], out);
    offset += tables.entries[i].stored_bytes;
  }
  append_text_line(out, "  {:<12} offset={}", "footer", tables.footer_offset);
}

void append_common_entries(const CommonTables& tables, std::size_t entries_max, std::string& out) {
  append_entries("streams", tables.streams.size(), entries_max, out, [&](std::size_t i) {
    const PartStream& stream = tables.streams[i];
    append_text_line(out, "  {} {} records={} line_bytes={} times={}..{}", i, stream.labels->to_text(), stream.records,
                     stream.line_bytes, stream.times.first.value, stream.times.last.value);
  });
  append_entries("sources", tables.sources.size(), entries_max, out, [&](std::size_t i) {
    append_text_line(out, "  {} {}{}", i, base::to_hex(tables.sources[i].generation.value),
                     tables.sources[i].named ? "" : " (unnamed)");
  });
}

void append_block_lines(const BlockPages& block, std::size_t index, std::string& out) {
  append_text_line(out, "block {} rows={} line_bytes={} streams={}..{} times={}..{}", index, block.info.rows,
                   block.info.line_bytes, block.info.first_stream, block.info.last_stream, block.info.times.first.value,
                   block.info.times.last.value);
  for (std::size_t i = 0; i < kPagesPerBlock; ++i) {
    if (block.pages[i].encoding == Encoding::kAbsent) continue;
    append_page_line(kPageNames[i], block.page_offset(static_cast<PageKind>(i)), block.pages[i], out);
  }
}

}  // namespace cordwood::segment::pages
