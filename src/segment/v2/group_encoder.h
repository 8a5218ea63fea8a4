// Collects the rows of a row group block by block and turns them into pages, templates and directories.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/line_encoder.h"
#include "segment/pages/column_encoder.h"
#include "segment/v2/tables.h"
#include "segment/writer.h"

namespace cordwood::segment::v2 {

// What a group leaves for the tables at the end of the segment.
struct GroupTables {
  std::string templates;
  std::vector<std::string> directories;  // one a block
  std::vector<std::string> filters;      // one a block; empty: none
};

// Memory is kept from group to group. Holds the text of a group's rows, and what codec::LineEncoder takes.
class GroupEncoder {
 public:
  explicit GroupEncoder(WriterLevel level);

  void add(const SegmentRow& row, std::uint32_t stream, std::uint32_t source);
  // Of the block being filled.
  std::uint32_t rows() const { return columns_.rows(); }
  std::uint64_t weight() const { return columns_.weight(); }
  // The following rows belong to the next block. There must be rows.
  void end_block();
  std::size_t blocks() const { return pending_; }
  // Text of the blocks that have ended.
  std::uint64_t text_bytes() const { return text_bytes_; }

  // Appends the blocks that have ended (at least one) to `out`, which will stand at `offset`, and forgets them.
  void finish(std::uint64_t offset, std::string& out, std::vector<BlockEntry>& blocks, GroupTables& tables);

 private:
  // A block whose columns are encoded; its memory is used again.
  struct Pending {
    pages::BlockPages columns;
    std::string column_bytes;
    std::string text;
    std::vector<std::uint64_t> lengths;
    std::vector<std::string_view> lines;
  };

  Pending& current();

  pages::ColumnEncoder columns_;
  codec::LineEncoder lines_;
  codec::EncodedLines encoded_;
  std::vector<Pending> blocks_;  // the first pending_ have ended; the one behind is being filled
  std::size_t pending_ = 0;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace cordwood::segment::v2
