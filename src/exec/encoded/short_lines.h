// Lines cut down to the fields that a query reads, put together from few columns: for the parser they are as good as
// the whole line.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/line_block.h"
#include "exec/encoded/json_template.h"

namespace cordwood::exec {

// For `| json` of which only labels of given names are extracted. A line's object keeps the members that can give
// them, as they stand; the others can neither give such a label nor be an error (json_template.h). Over one block at a
// time; not thread-safe.
class ShortLines {
 public:
  // `names`: pipeline::LabelHints::required, not empty.
  explicit ShortLines(std::vector<std::string> names) : names_(std::move(names)) {}

  // Goes to a block. Reads pages of columns that may be numbers.
  void use(codec::LineBlock& block);
  // Whether rows of some template can be cut.
  bool useful() const { return useful_; }
  // The lines of `rows` (ascending): `out` has a view for each row whose template can be cut, valid until the next
  // call; the others are listed in `whole` (indexes into `rows`) and have none.
  base::Status lines_of(codec::LineBlock& block, std::span<const std::uint32_t> rows,
                        std::vector<std::string_view>& out, std::vector<std::uint32_t>& whole);

 private:
  struct Piece {
    std::string text;
    std::uint32_t column = codec::kNoColumn;
  };
  // Where a column's values are and which was read last.
  struct Source {
    bool ready = false;
    bool of_all_rows = false;
    const codec::Column* column = nullptr;
    codec::StringList nested;
    std::span<const std::uint32_t> rows;
    std::size_t next = 0;
  };
  bool wants(std::string_view key, bool is_object) const;
  std::optional<std::vector<Piece>> cut(const std::vector<FlatPiece>& flat) const;
  base::Status append(codec::LineBlock& block, std::uint32_t column, std::uint32_t row);
  base::Status prepare(codec::LineBlock& block, std::uint32_t column, Source& source);

  const std::vector<std::string> names_;
  bool useful_ = false;
  std::uint32_t first_template_ = 0;
  std::vector<std::optional<std::vector<Piece>>> templates_;
  std::vector<Source> sources_;
  std::string buffer_;
};

}  // namespace cordwood::exec
