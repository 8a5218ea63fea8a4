#include "segment/v1/dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace cordwood::segment::v1 {
namespace {

template <typename... Args>
void line(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
  out += '\n';
}

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

void append_page_line(std::string_view name, std::uint64_t offset, const PageEntry& entry, std::string& out) {
  line(out, "  {:<12} offset={} stored={} raw={} encoding={} checksum={:016x}", name, offset, entry.stored_bytes,
       entry.raw_bytes, name_of(entry.encoding), entry.checksum);
}

// Calls show(i) for the first entries and counts the rest.
template <typename Show>
void append_entries(std::string_view title, std::size_t count, std::size_t entries_max, std::string& out, Show show) {
  line(out, "{} {}", title, count);
  const std::size_t shown = std::min(count, entries_max);
  for (std::size_t i = 0; i < shown; ++i) show(i);
  if (shown < count) line(out, "  {} more", count - shown);
}

void append_block(const BlockEntry& block, std::size_t index, std::string& out) {
  line(out, "block {} rows={} line_bytes={} streams={}..{} times={}..{}", index, block.info.rows, block.info.line_bytes,
       block.info.first_stream, block.info.last_stream, block.info.times.first.value, block.info.times.last.value);
  for (std::size_t i = 0; i < kPagesPerBlock; ++i) {
    if (block.pages[i].encoding == Encoding::kAbsent) continue;
    append_page_line(kPageNames[i], block.page_offset(static_cast<PageKind>(i)), block.pages[i], out);
  }
}

}  // namespace

void append_dump(const Tables& tables, std::size_t entries_max, std::string& out) {
  const Summary& summary = tables.footer.summary;
  line(out, "records={} line_bytes={} times={}..{}", summary.records, summary.line_bytes, summary.times.first.value,
       summary.times.last.value);
  line(out, "tables");
  std::uint64_t offset = tables.tables_offset;
  for (std::size_t i = 0; i < kTables; ++i) {
    append_page_line(kTableNames[i], offset, tables.footer.tables[i], out);
    offset += tables.footer.tables[i].stored_bytes;
  }
  line(out, "  {:<12} offset={}", "footer", tables.footer_offset);
  append_entries("streams", tables.streams.size(), entries_max, out, [&](std::size_t i) {
    const PartStream& stream = tables.streams[i];
    line(out, "  {} {} records={} line_bytes={} times={}..{}", i, stream.labels->to_text(), stream.records,
         stream.line_bytes, stream.times.first.value, stream.times.last.value);
  });
  append_entries("sources", tables.sources.size(), entries_max, out, [&](std::size_t i) {
    line(out, "  {} {}{}", i, base::to_hex(tables.sources[i].generation.value),
         tables.sources[i].named ? "" : " (unnamed)");
  });
  append_entries("blocks", tables.blocks.size(), entries_max, out,
                 [&](std::size_t i) { append_block(tables.blocks[i], i, out); });
}

}  // namespace cordwood::segment::v1
