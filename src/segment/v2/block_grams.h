// The words of a block's lines that go into its filter: all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash_map.h"
#include "base/status.h"
#include "codec/gram_filter.h"
#include "codec/line_block.h"

namespace cordwood::segment::v2 {

// Enters every word of a line that has kGramWordBytesMin bytes. Works on templates and columns: static text and
// distinct values are looked at once, columns whose words are too short not at all; lines are not put together.
class BlockGrams {
 public:
  BlockGrams(codec::LineBlock& block, codec::GramSet& grams) : block_(block), grams_(grams) {}
  // Errors of the block: those of bytes that are damaged.
  base::Status add();

 private:
  // Columns with nothing but word bytes between them, and the word bytes before and after.
  struct Chain {
    std::string_view left;
    std::vector<std::pair<std::uint32_t, std::string_view>> columns;  // and the text after each but the last
    std::string_view right;
    std::uint64_t bytes_max = 0;
  };

  base::Status add_text(std::uint32_t text);
  base::Status add_template(std::uint32_t text, std::uint32_t number);
  base::Status add_chain(std::uint32_t text, std::uint32_t number, const Chain& chain);
  // All values of a column with the same word bytes around them.
  base::Status add_column(std::uint32_t column, std::string_view left, std::string_view right);
  // The chain row by row.
  base::Status add_rows(std::uint32_t text, std::uint32_t number, const Chain& chain);
  void add_value(std::string_view left, std::string_view value, std::string_view right);

  codec::LineBlock& block_;
  codec::GramSet& grams_;
  base::StringSet done_;  // columns with what is around them
  std::string word_;
};

}  // namespace cordwood::segment::v2
