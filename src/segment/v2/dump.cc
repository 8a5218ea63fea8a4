#include "segment/v2/dump.h"

#include "segment/pages/dump.h"

namespace cordwood::segment::v2 {

void append_dump(const Tables& tables, std::size_t entries_max, std::string& out) {
  pages::append_summary_lines(tables.common, out);
  if (tables.rollup.encoding != pages::Encoding::kAbsent) {
    pages::append_page_line("rollup", tables.rollup_offset(), tables.rollup, out);
  }
  pages::append_common_entries(tables.common, entries_max, out);
  const BlockIndex& index = tables.index;
  pages::append_entries("groups", index.groups.size(), entries_max, out, [&](std::size_t i) {
    const GroupEntry& group = index.groups[i];
    pages::append_text_line(out, "  {} blocks={} templates offset={} stored={}", i, group.blocks,
                            group.templates_offset, group.templates_bytes);
  });
  pages::append_entries("blocks", index.blocks.size(), entries_max, out, [&](std::size_t i) {
    const BlockEntry& block = index.blocks[i];
    pages::append_block_lines(block.columns, i, out);
    pages::append_text_line(out, "  {:<12} offset={} stored={}", "lines", block.lines_offset(), block.line_bytes);
    pages::append_text_line(out, "  {:<12} offset={} stored={} group={}", "directory", block.directory_offset,
                            block.directory_bytes, block.group);
    if (block.filter_bytes == 0) return;
    pages::append_text_line(out, "  {:<12} offset={} stored={}", "filter", block.filter_offset, block.filter_bytes);
  });
}

}  // namespace cordwood::segment::v2
