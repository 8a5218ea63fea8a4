// The tables at the end of a segment: streams, sources, blocks, and the footer that leads to them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/time_range.h"
#include "segment/part.h"
#include "segment/v1/format.h"
#include "segment/v1/page.h"

namespace cordwood::segment::v1 {

// What is true of the whole segment.
struct Summary {
  std::uint64_t records = 0;
  std::uint64_t line_bytes = 0;
  core::TimeSpan times;
};

struct BlockEntry {
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

struct Footer {
  std::array<PageEntry, kTables> tables;
  Summary summary;

  std::uint64_t table_bytes() const {
    std::uint64_t sum = 0;
    for (const PageEntry& entry : tables) sum += entry.stored_bytes;
    return sum;
  }
};

// Appending takes what the writer has checked; reading verifies everything that grammar and order promise and answers
// DataLoss with the place within the table.
void append_streams(const std::vector<PartStream>& streams, const Summary& summary, std::string& out);
base::StatusOr<std::vector<PartStream>> read_streams(std::string_view bytes, const Summary& summary);

void append_sources(const std::vector<RowSource>& sources, std::string& out);
base::StatusOr<std::vector<RowSource>> read_sources(std::string_view bytes);

void append_blocks(const std::vector<BlockEntry>& blocks, const Summary& summary, std::string& out);
// `blocks_end` is the offset at which the last block must end.
base::StatusOr<std::vector<BlockEntry>> read_blocks(std::string_view bytes, const Summary& summary,
                                                    std::uint64_t blocks_end, std::size_t streams);

void append_footer(const Footer& footer, std::string& out);
base::StatusOr<Footer> read_footer(std::string_view bytes, std::string_view object, std::uint64_t offset);

}  // namespace cordwood::segment::v1
