// A template with its constant columns written out, and a reader over it for whoever follows the grammar of a format
// through static text and variables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/line_column.h"

namespace cordwood::exec {

// Static text, or the value of a column.
struct FlatPiece {
  std::string text;
  const codec::ColumnInfo* column = nullptr;
  std::uint32_t column_number = 0;
  bool begins_number = false;  // every value of the column begins with a digit or a minus sign
};

// A byte of static text, or the place of a column.
struct FlatPlace {
  std::size_t piece = 0;
  std::size_t offset = 0;
  bool operator==(const FlatPlace&) const = default;
};

class FlatReader {
 public:
  // What `peek` gives at a column and at the end.
  static constexpr int kVariable = -1;
  static constexpr int kEnd = -2;

  // `pieces` must outlive it.
  explicit FlatReader(const std::vector<FlatPiece>& pieces) : pieces_(pieces) { settle(); }

  // The byte of static text here, or one of the above.
  int peek() const {
    if (at_.piece == pieces_.size()) return kEnd;
    const FlatPiece& piece = pieces_[at_.piece];
    if (piece.column != nullptr) return kVariable;
    return static_cast<unsigned char>(piece.text[at_.offset]);
  }
  // The piece here; not at the end.
  const FlatPiece& piece() const { return pieces_[at_.piece]; }
  const codec::ColumnInfo& variable() const { return *pieces_[at_.piece].column; }
  FlatPlace place() const { return at_; }
  // Not at the end.
  void next() {
    ++at_.offset;
    if (pieces_[at_.piece].column == nullptr && at_.offset < pieces_[at_.piece].text.size()) return;
    ++at_.piece;
    at_.offset = 0;
    settle();
  }
  bool take(char wanted) {
    if (peek() != static_cast<unsigned char>(wanted)) return false;
    next();
    return true;
  }

 private:
  // Passes over pieces without text.
  void settle() {
    while (at_.piece < pieces_.size() && pieces_[at_.piece].column == nullptr && pieces_[at_.piece].text.empty()) {
      ++at_.piece;
    }
  }

  const std::vector<FlatPiece>& pieces_;
  FlatPlace at_;
};

}  // namespace cordwood::exec
