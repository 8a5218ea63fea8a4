// What the block index says of a block beside its lines: facts, and the pages of its columns.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/status.h"
#include "codec/byte_reader.h"
#include "segment/pages/format.h"
#include "segment/pages/page.h"
#include "segment/pages/tables.h"
#include "segment/part.h"

namespace cordwood::segment::pages {

struct BlockPages {
  BlockInfo info;
  std::uint64_t offset = 0;  // of its first page
  std::array<PageEntry, kPagesPerBlock> pages;

  const PageEntry& page(PageKind kind) const { return pages[static_cast<std::size_t>(kind)]; }
  std::uint64_t page_offset(PageKind kind) const {
    std::uint64_t at = offset;
    for (std::size_t i = 0; i < static_cast<std::size_t>(kind); ++i) at += pages[i].stored_bytes;
    return at;
  }
  std::uint64_t stored_bytes() const {
    std::uint64_t sum = 0;
    for (const PageEntry& entry : pages) sum += entry.stored_bytes;
    return sum;
  }
};

// `last_stream` is that of the block before, 0 for the first.
void append_block_pages(const BlockPages& block, const Summary& summary, std::uint32_t last_stream, std::string& out);
// `offset` is where the block begins, `streams` the count in the segment (at least 1).
base::StatusOr<BlockPages> read_block_pages(codec::ByteReader& reader, const Summary& summary,
                                            std::uint32_t last_stream, std::size_t streams, std::uint64_t offset);

}  // namespace cordwood::segment::pages
