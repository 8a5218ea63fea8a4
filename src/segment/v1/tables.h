// The tables of version 1.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "segment/pages/block_pages.h"
#include "segment/pages/open_tables.h"

namespace cordwood::segment::v1 {

// The text follows the other pages.
struct BlockEntry {
  pages::BlockPages columns;
  pages::PageEntry text;

  std::uint64_t text_offset() const { return columns.offset + columns.stored_bytes(); }
};

// Everything that is known of a segment without reading a block.
struct Tables {
  pages::CommonTables common;
  std::vector<BlockEntry> blocks;
};

// `blocks_end` is the offset at which the last block must end.
base::StatusOr<std::vector<BlockEntry>> read_blocks(std::string_view bytes, const pages::Summary& summary,
                                                    std::uint64_t blocks_end, std::size_t streams);

// `footer` begins at tables.common.footer_offset of the object.
base::Status read_footer(std::string_view footer, std::string_view object, Tables& tables);

}  // namespace cordwood::segment::v1
