// The rows of a block that hold a needle, from templates and columns; only what these cannot decide is put together.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "base/status.h"
#include "codec/line_block.h"
#include "exec/encoded/alignment.h"
#include "exec/encoded/needle.h"
#include "exec/encoded/row_bitmap.h"

namespace cordwood::exec {

// Over one block with pages and one needle, which must outlive it. Not thread-safe. Errors: DataLoss of the block.
class NeedleSearch {
 public:
  NeedleSearch(codec::LineBlock& block, const Needle& needle)
      : block_(block), needle_(needle), aligner_(block, needle) {}

  // The lines that hold the needle, as far as Needle::text() goes.
  base::StatusOr<RowBitmap> find();

 private:
  // The rows of a text at whose `place` the slice stands.
  base::StatusOr<RowBitmap> rows_of(std::uint32_t text, Place place, Slice slice);
  base::Status add_by_template(std::uint32_t text, Place place, Slice slice, const TextMatch& match, RowBitmap& rows);
  base::Status add_alignment(std::uint32_t text, const TextMatch& match, const Alignment& alignment, RowBitmap& rows);
  base::Status test_text(std::uint32_t text, Place place, Slice slice, const std::vector<std::uint32_t>& candidates,
                         RowBitmap& rows);
  // The rows, of the column's text, whose value meets the condition. Kept.
  base::StatusOr<const RowBitmap*> rows_meeting(const Condition& condition);
  base::Status find_positions(const Condition& condition, std::vector<std::uint32_t>& positions);
  void find_in_strings(const codec::StringList& strings, const Condition& condition,
                       std::vector<std::uint32_t>& positions) const;
  void find_in_dictionary(const codec::Column& column, const Condition& condition,
                          std::vector<std::uint32_t>& positions) const;

  codec::LineBlock& block_;
  const Needle& needle_;
  Aligner aligner_;
  std::map<std::tuple<std::uint32_t, Place, std::uint8_t, std::uint8_t>, RowBitmap> met_;
};

}  // namespace cordwood::exec
