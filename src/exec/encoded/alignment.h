// In which ways a needle can stand in lines of a block, found from templates and what the directory says of columns.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "codec/line_block.h"
#include "exec/encoded/needle.h"

namespace cordwood::exec {

enum class Verdict : std::uint8_t {
  kNever,    // no row of the template holds the needle
  kAlways,   // all do
  kDepends,  // those do whose variables meet the conditions of one of the alignments
  kText,     // too many ways: the rows must be put together
};

// A piece of the needle stands in the value of a column.
struct Condition {
  std::uint32_t column = 0;
  Place place = Place::kInside;
  Slice slice;
};

// All conditions [begin, end) of TextMatch::conditions together.
struct Alignment {
  std::uint32_t template_number = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// What is known of the rows of one text.
struct TextMatch {
  std::vector<Verdict> verdicts;  // one a template of the text's range; kNever for those without rows
  std::vector<Alignment> alignments;
  std::vector<Condition> conditions;
  bool never = true;
  bool always = true;
};

// Lays one needle over the templates of one block. Reads no pages. Both must outlive it. Not thread-safe.
class Aligner {
 public:
  Aligner(const codec::LineBlock& block, const Needle& needle) : block_(block), needle_(needle) {}

  // How `slice` can stand at `place` in the rows of `text`. Kept; the reference stays valid.
  const TextMatch& match(std::uint32_t text, Place place, Slice slice);
  // Whether any row of the lines may hold the whole needle, and whether all do: match() of text 0 that ends as soon as
  // both are known.
  struct Outlook {
    bool never = true;
    bool always = true;
  };
  Outlook outlook();

 private:
  enum class Chance : std::uint8_t { kNo, kYes, kMaybe };
  // One template being matched.
  struct Walk {
    std::span<const codec::TemplatePiece> pieces;
    bool to_end = false;  // the needle's end must be the text's
    std::uint32_t to = 0;
    std::uint32_t steps = 0;
    std::uint32_t found = 0;
    std::uint32_t template_number = 0;
    bool always = false;
    bool too_many = false;
    std::vector<Condition> path;
    TextMatch* out = nullptr;
  };

  Verdict match_template(std::uint32_t number, Place place, Slice slice, TextMatch& out);
  void start_anywhere(Walk& walk, Place place, Slice slice);
  void start_in_static(Walk& walk, std::size_t piece, Place place, Slice slice);
  void start_in_variable(Walk& walk, std::size_t piece, Place place, Slice slice);
  void pass_static(Walk& walk, std::size_t piece, std::uint32_t at);
  void pass_variable(Walk& walk, std::size_t piece, std::uint32_t at);
  void require(Walk& walk, Condition condition, std::size_t next_piece, std::uint32_t at);
  void accept(Walk& walk);
  bool may_continue(const Walk& walk, std::size_t next_piece, std::uint32_t at) const;
  Chance chance(std::uint32_t column, Place place, Slice slice);

  const codec::LineBlock& block_;
  const Needle& needle_;
  std::map<std::tuple<std::uint32_t, Place, std::uint8_t, std::uint8_t>, TextMatch> matches_;
};

// Whether `slice` of the needle stands at `place` in `text`.
bool holds(const Needle& needle, Place place, Slice slice, std::string_view text);

}  // namespace cordwood::exec
