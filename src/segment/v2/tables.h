// The tables of version 2: what is known of a segment without reading a block.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "segment/pages/block_pages.h"
#include "segment/pages/open_tables.h"

namespace cordwood::segment::v2 {

// The pages of the lines follow the other pages. Directory and filter stand among the lines tables.
struct BlockEntry {
  pages::BlockPages columns;
  std::uint64_t line_bytes = 0;  // of the pages of lines
  std::uint64_t directory_bytes = 0;
  std::uint64_t filter_bytes = 0;
  // Not stored: they follow from the lengths.
  std::uint32_t group = 0;
  std::uint64_t directory_offset = 0;
  std::uint64_t filter_offset = 0;

  std::uint64_t lines_offset() const { return columns.offset + columns.stored_bytes(); }
  std::uint64_t stored_bytes() const { return columns.stored_bytes() + line_bytes; }
};

// A run of blocks that share a table of templates.
struct GroupEntry {
  std::uint32_t blocks = 0;
  std::uint64_t templates_bytes = 0;
  std::uint64_t templates_offset = 0;  // not stored
};

struct BlockIndex {
  std::vector<BlockEntry> blocks;
  std::vector<GroupEntry> groups;
  // Not stored. From the filters to the last directory.
  std::uint64_t lines_tables_offset = 0;
  std::uint64_t lines_tables_bytes = 0;
};

struct Tables {
  pages::CommonTables common;
  pages::PageEntry rollup;  // may be absent
  BlockIndex index;

  std::uint64_t rollup_offset() const { return common.tables_offset - rollup.stored_bytes; }
};

void append_index(const BlockIndex& index, const pages::Summary& summary, std::string& out);
// `end` is the offset at which the lines tables must end.
base::StatusOr<BlockIndex> read_index(std::string_view bytes, const pages::Summary& summary, std::uint64_t end,
                                      std::size_t streams);

void append_footer(const pages::CommonTables& tables, const pages::PageEntry& rollup, std::string& out);
// `footer` begins at tables.common.footer_offset of the object.
base::Status read_footer(std::string_view footer, std::string_view object, Tables& tables);

}  // namespace cordwood::segment::v2
