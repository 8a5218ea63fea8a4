// The matchers of a selector, ready to be asked about many label sets.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/labels.h"
#include "logql/ast.h"

namespace re2 {
class RE2;
}

namespace cordwood::logql {

// Immutable and thread-safe.
class MatcherSet {
 public:
  // InvalidArgument for a regex that is not RE2's (the parser has checked it).
  static base::StatusOr<MatcherSet> build(const std::vector<Matcher>& matchers);

  bool matches(const core::Labels& labels) const;
  // Whether the labels could match once labels named in `open` were added to them.
  bool could_match(const core::Labels& labels, const std::vector<std::string>& open) const;

 private:
  struct Condition {
    std::string name;
    MatchOp op = MatchOp::kEqual;
    std::string value;
    std::shared_ptr<const re2::RE2> regex;
    bool holds(std::string_view given) const;
  };
  std::vector<Condition> conditions_;
};

}  // namespace cordwood::logql
