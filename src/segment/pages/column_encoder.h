// Collects the columns of one block's rows, lines apart, and turns them into pages.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/zstd.h"
#include "core/record.h"
#include "segment/pages/block_pages.h"
#include "segment/pages/metadata_page.h"
#include "segment/pages/positions_page.h"
#include "segment/pages/times_page.h"
#include "segment/writer.h"

namespace cordwood::segment::pages {

// Of a row alone; see docs/formats/segment.md.
std::uint64_t weight_of(const SegmentRow& row);

// Memory is kept from block to block, so that adding a row allocates nothing.
class ColumnEncoder {
 public:
  explicit ColumnEncoder(int zstd_level) : compressor_(zstd_level) {}

  void add(const SegmentRow& row, std::uint32_t stream, std::uint32_t source);
  std::uint32_t rows() const { return static_cast<std::uint32_t>(times_.size()); }
  std::uint64_t weight() const { return weight_; }
  // Of the lines added since the last finish().
  std::span<const std::uint64_t> lengths() const { return lengths_; }
  // Appends the pages of the rows so far (at least one) to `out`, and forgets the rows. The offset is left to the
  // caller.
  BlockPages finish(std::string& out);

 private:
  void append(PageKind kind, std::string_view raw, BlockPages& block, std::string& out);
  void append_pages(BlockPages& block, std::string& out);
  void clear();

  codec::ZstdCompressor compressor_;
  TimesEncoder times_encoder_;
  PositionsEncoder positions_encoder_;
  MetadataEncoder metadata_;
  std::vector<base::UnixNanos> times_;
  std::vector<std::uint32_t> streams_;
  std::vector<std::uint64_t> lengths_;
  Positions positions_;
  std::uint64_t weight_ = 0;
  std::string column_;
};

}  // namespace cordwood::segment::pages
