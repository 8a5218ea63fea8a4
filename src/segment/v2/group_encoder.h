// Collects the rows of a row group block by block and turns them into pages, templates and directories.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "codec/gram_filter.h"
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

// Memory is kept from group to group. Holds the text of a group's rows and what codec::LineEncoder takes, and after
// that one block of columns with the set of its grams (at most 64 MB).
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
    base::IntegerSet<std::uint64_t> pairs;  // codec::key_of_pair of the metadata
  };

  Pending& current();
  // The filter of the block `index` of the group that has just been encoded.
  void append_filter(std::size_t index, const std::shared_ptr<const codec::TemplateTable>& table, std::string& out);

  pages::ColumnEncoder columns_;
  codec::LineEncoder lines_;
  codec::EncodedLines encoded_;
  codec::GramSet grams_;
  std::vector<Pending> blocks_;  // the first pending_ have ended; the one behind is being filled
  std::size_t pending_ = 0;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace cordwood::segment::v2
