// The conjunction of LiteralFilters over an encoded block.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "codec/gram_filter.h"
#include "codec/line_block.h"
#include "exec/encoded/needle.h"
#include "exec/encoded/row_bitmap.h"
#include "exec/literal_filters.h"

namespace cordwood::exec {

enum class BlockVerdict : std::uint8_t { kNoRow, kAllRows, kSomeRows };

// Immutable and thread-safe.
class EncodedFilters {
 public:
  EncodedFilters() = default;
  explicit EncodedFilters(const LiteralFilters& filters);

  bool empty() const { return filters_.empty(); }
  // What is asked, as bytes: equal ones select the same rows of a block.
  const std::string& key() const { return key_; }
  // From what is known without pages. kSomeRows: pages must be looked at.
  BlockVerdict judge(const codec::LineBlock& block, const codec::GramFilter& grams = {}) const;
  // The rows that pass: the same as LiteralFilters::select on the lines. The block has its pages.
  base::StatusOr<RowBitmap> select(codec::LineBlock& block) const;

 private:
  struct Filter {
    bool negated = false;
    std::vector<Needle> any_of;
    std::vector<SubstringFinder> finders;
  };
  static BlockVerdict judge_filter(const Filter& filter, const codec::LineBlock& block, const codec::GramFilter& grams);
  static base::Status select_filter(const Filter& filter, codec::LineBlock& block, RowBitmap& rows);
  // Keeps of `rows` those whose text passes.
  static base::Status test_lines(const Filter& filter, codec::LineBlock& block, RowBitmap& rows);

  std::vector<Filter> filters_;
  std::string key_;
};

}  // namespace cordwood::exec
