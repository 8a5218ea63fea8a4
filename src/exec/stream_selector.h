// Which streams a selector `{job="x", host=~"web.*"}` means.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/status.h"
#include "core/labels.h"
#include "logql/ast.h"
#include "logql/matcher_set.h"
#include "segment/part.h"

namespace cordwood::exec {

// Immutable and thread-safe.
class StreamSelector {
 public:
  StreamSelector() = default;  // selects every stream
  // InvalidArgument for a regex that is not RE2's (the parser has checked it).
  static base::StatusOr<StreamSelector> build(const std::vector<logql::Matcher>& matchers);

  bool matches(const core::Labels& labels) const { return matchers_.matches(labels); }
  // For each stream of the part whether it is selected and has records in `range`; empty when none is.
  std::vector<bool> select(const segment::Part& part, core::TimeRange range) const;

 private:
  explicit StreamSelector(logql::MatcherSet matchers) : matchers_(std::move(matchers)) {}
  logql::MatcherSet matchers_;
};

}  // namespace cordwood::exec
