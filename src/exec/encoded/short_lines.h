// Lines cut down to the fields that a query reads, put together from few columns: for the parser they are as good as
// the whole line.
//
// Of a JSON line the object keeps the members that can give a wanted label, as they stand; the others can neither give
// one nor be an error (json_template.h). Of a logfmt line the pairs stay whose key is wanted or not known
// (logfmt_template.h), and a line that nowhere holds what a wanted key must hold gives none, whatever it looks like.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/line_block.h"
#include "exec/encoded/field_needs.h"
#include "exec/encoded/flat_template.h"
#include "exec/encoded/row_bitmap.h"

namespace cordwood::exec {

// Over one block at a time; not thread-safe.
class ShortLines {
 public:
  // `needs`: not empty.
  explicit ShortLines(FieldNeeds needs) : needs_(std::move(needs)) {}

  // Goes to a block. Reads pages of columns that may be numbers or hold a wanted key.
  base::Status use(codec::LineBlock& block);
  // Whether some rows can be cut.
  bool useful() const { return useful_; }
  // The lines of `rows` (ascending): `out` has a view for each row that can be cut, valid until the next
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
  base::Status find_mentions(codec::LineBlock& block);
  std::optional<std::vector<Piece>> cut(const std::vector<FlatPiece>& flat) const;
  std::optional<std::vector<Piece>> cut_json(const std::vector<FlatPiece>& flat) const;
  std::optional<std::vector<Piece>> cut_logfmt(const std::vector<FlatPiece>& flat) const;
  static void append_range(const std::vector<FlatPiece>& flat, FlatPlace begin, FlatPlace end,
                           std::vector<Piece>& pieces);
  base::Status append(codec::LineBlock& block, std::uint32_t column, std::uint32_t row);
  base::Status prepare(codec::LineBlock& block, std::uint32_t column, Source& source);

  const FieldNeeds needs_;
  bool useful_ = false;
  // Rows that may have a wanted field; none given: all.
  std::optional<RowBitmap> mentioned_;
  std::uint32_t first_template_ = 0;
  std::vector<std::optional<std::vector<Piece>>> templates_;
  std::vector<Source> sources_;
  std::string buffer_;
};

}  // namespace cordwood::exec
