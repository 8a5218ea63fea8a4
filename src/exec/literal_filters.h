// Line filters that are plain substrings, taken out of a query's stages and run over whole runs of lines at once; and
// what regexes demand in plain substrings, so that the regex engine sees few lines.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "exec/substring_finder.h"
#include "logql/ast.h"

namespace cordwood::exec {

// A conjunction. Immutable and thread-safe.
class LiteralFilters {
 public:
  // Moves what this class decides out of `stages`, up to the first stage that changes the line: `|=` and `!=` with
  // literal terms, and regexes that say no more than that. Of other `|~` it takes the literals that a match needs and
  // leaves the stage. Each is one of the conditions that a row must meet, so that testing it before its turn changes
  // nothing.
  static LiteralFilters take(std::vector<logql::Stage>& stages);

  // A line passes when it holds one of the literals, or none of them when negated.
  struct Filter {
    bool negated = false;
    std::vector<SubstringFinder> any_of;
  };
  std::span<const Filter> filters() const { return filters_; }

  bool empty() const { return filters_.empty(); }
  // Replaces `rows` by the indexes, plus `base`, of the lines that pass, in order.
  void select(std::span<const std::string_view> lines, std::uint32_t base, std::vector<std::uint32_t>& rows) const;

 private:
  std::vector<Filter> filters_;
};

}  // namespace cordwood::exec
