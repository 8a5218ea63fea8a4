// The template table of a row group while it is written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"

namespace cordwood::codec::lines {

// Templates of one text that begin alike share the columns of their common beginning: a column is a node of the trie of
// all templates, named by the static text up to it. Ids are shared more widely, by the text just before them: the same
// id stands in lines of different templates.
class TableBuilder {
 public:
  struct Shape {
    std::vector<std::string> texts;      // the static text before each variable, then the text after the last
    std::vector<std::uint32_t> columns;  // one less than texts
  };

  void clear();
  // Gives the new text's index.
  std::uint32_t add_text();
  enum class Kind : char { kToken = 'v', kTime = 't', kRest = 'r' };
  struct Part {
    std::string_view before;  // the static text before the variable
    Kind kind = Kind::kToken;
    std::string_view example;  // a value
  };
  // The number, within `text`, of the template with these parts and the text after the last; if new, adds it. Nothing
  // (kRefused) if a cap is in the way. A rest shares its column only with other rests.
  static constexpr std::uint32_t kRefused = 0xffffffff;
  std::uint32_t intern(std::uint32_t text, std::span<const Part> parts, std::string_view tail);

  std::size_t text_count() const { return texts_.size(); }
  std::span<const Shape> shapes(std::uint32_t text) const { return texts_[text].shapes; }
  std::uint32_t column_count() const { return static_cast<std::uint32_t>(nested_.size()); }
  bool is_rest(std::uint32_t column) const { return rests_[column]; }
  // The text that a column's values are cut by; added if there is none yet. 0: no more texts.
  std::uint32_t nested_text(std::uint32_t column);

  // `shared_frame` holds the text that blocks share, of `shared_raw_bytes` (0: none).
  void write(std::uint64_t shared_raw_bytes, std::string_view shared_frame, std::string& raw) const;

 private:
  struct Text {
    std::vector<Shape> shapes;
    base::StringMap<std::uint32_t> by_key;
    base::StringMap<std::uint32_t> nodes;    // of the trie: by the node above and the part
    base::StringMap<std::uint32_t> columns;  // by node, or by the text before an id
  };
  void add_shape(Text& text, std::span<const Part> parts, std::string_view tail);

  std::vector<Text> texts_;
  std::vector<std::uint32_t> nested_;  // of each column: its text or 0
  std::vector<bool> rests_;            // of each column: whether it holds rests of rows
  std::uint32_t templates_ = 0;
  std::uint64_t static_bytes_ = 0;
};

}  // namespace cordwood::codec::lines
