#include "segment/v1/dump.h"

#include "segment/pages/dump.h"

namespace cordwood::segment::v1 {

void append_dump(const Tables& tables, std::size_t entries_max, std::string& out) {
  pages::append_summary_lines(tables.common, out);
  pages::append_common_entries(tables.common, entries_max, out);
  pages::append_entries("blocks", tables.blocks.size(), entries_max, out, [&](std::size_t i) {
    const BlockEntry& block = tables.blocks[i];
    pages::append_block_lines(block.columns, i, out);
    pages::append_page_line("text", block.text_offset(), block.text, out);
  });
}

}  // namespace cordwood::segment::v1
