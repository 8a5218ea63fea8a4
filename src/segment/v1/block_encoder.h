// Collects the rows of one block as columns and turns them into pages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/zstd.h"
#include "core/record.h"
#include "segment/part.h"
#include "segment/v1/metadata_page.h"
#include "segment/v1/positions_page.h"
#include "segment/v1/tables.h"
#include "segment/v1/times_page.h"
#include "segment/writer.h"

namespace cordwood::segment::v1 {

// Memory is kept from block to block, so that adding a row allocates nothing.
class BlockEncoder {
 public:
  explicit BlockEncoder(int zstd_level) : compressor_(zstd_level) {}

  // Of a row alone; see docs/formats/segment.md.
  static std::uint64_t weight_of(const SegmentRow& row);

  void add(const SegmentRow& row, std::uint32_t stream, std::uint32_t source);
  std::uint32_t rows() const { return static_cast<std::uint32_t>(times_.size()); }
  std::uint64_t weight() const { return weight_; }
  // Appends the pages of the rows so far (at least one) to `out`, and forgets the rows. `offset` is where `out` will
  // stand in the segment.
  BlockEntry finish(std::uint64_t offset, std::string& out);

 private:
  void append(PageKind kind, std::string_view raw, BlockEntry& block, std::string& out);
  void append_columns(BlockEntry& block, std::string& out);
  void clear();

  codec::ZstdCompressor compressor_;
  TimesEncoder times_encoder_;
  PositionsEncoder positions_encoder_;
  MetadataEncoder metadata_;
  std::vector<base::UnixNanos> times_;
  std::vector<std::uint32_t> streams_;
  std::vector<std::uint64_t> lengths_;
  Positions positions_;
  std::string text_;
  std::uint64_t weight_ = 0;
  std::string column_;
};

}  // namespace cordwood::segment::v1
