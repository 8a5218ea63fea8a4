// Which streams a selector `{job="x", host=~"web.*"}` means.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/labels.h"
#include "logql/ast.h"
#include "segment/part.h"

namespace re2 {
class RE2;
}

namespace cordwood::exec {

// Immutable and thread-safe.
class StreamSelector {
 public:
  // InvalidArgument for a regex that is not RE2's (the parser has checked it).
  static base::StatusOr<StreamSelector> build(const std::vector<logql::Matcher>& matchers);

  bool matches(const core::Labels& labels) const;
  // For each stream of the part whether it is selected and has records in `range`; empty when none is.
  std::vector<bool> select(const segment::Part& part, core::TimeRange range) const;

 private:
  struct Condition {
    std::string name;
    logql::MatchOp op = logql::MatchOp::kEqual;
    std::string value;
    std::shared_ptr<const re2::RE2> regex;
  };
  std::vector<Condition> conditions_;
};

}  // namespace cordwood::exec
