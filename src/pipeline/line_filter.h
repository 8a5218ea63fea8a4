// Line filters on their own: `|=`, `!=`, `|~`, `!~`, `|>`, `!>` and ip(), without labels.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "logql/ast.h"

namespace cordwood::pipeline {

// Decides about a line. Immutable and thread-safe.
class LinePredicate {
 public:
  virtual ~LinePredicate() = default;
  virtual bool matches(std::string_view line) const = 0;
};

// One filter of a query: any of its terms, or for a negated one not its term. InvalidArgument with Loki's text for bad
// regexes, patterns, ip() arguments and ip() with an operator other than |= and !=.
base::StatusOr<std::unique_ptr<const LinePredicate>> build_line_filter(const logql::LineFilter& filter);

// Several filters, all of which must hold.
class LineFilters {
 public:
  static base::StatusOr<LineFilters> build(const std::vector<const logql::LineFilter*>& filters);
  bool matches(std::string_view line) const {
    for (const auto& filter : filters_) {
      if (!filter->matches(line)) return false;
    }
    return true;
  }
  bool empty() const { return filters_.empty(); }
  void add(std::unique_ptr<const LinePredicate> filter) { filters_.push_back(std::move(filter)); }

 private:
  std::vector<std::unique_ptr<const LinePredicate>> filters_;
};

}  // namespace cordwood::pipeline
