#include "logql/matcher_set.h"

#include <re2/re2.h>

#include <algorithm>

#include "logql/regex.h"

namespace cordwood::logql {

base::StatusOr<MatcherSet> MatcherSet::build(const std::vector<Matcher>& matchers) {
  MatcherSet set;
  for (const Matcher& matcher : matchers) {
    Condition condition{matcher.name, matcher.op, matcher.value, nullptr};
    if (matcher.op == MatchOp::kRegex || matcher.op == MatchOp::kNotRegex) {
      ASSIGN_OR_RETURN(condition.regex, compile_regex(matcher.value, RegexUse::kMatcher));
    }
    set.conditions_.push_back(std::move(condition));
  }
  // Comparisons before regexes.
  std::stable_partition(set.conditions_.begin(), set.conditions_.end(),
                        [](const Condition& condition) { return condition.regex == nullptr; });
  return set;
}

bool MatcherSet::Condition::holds(std::string_view given) const {
  const bool equal =
      regex != nullptr ? RE2::FullMatch(re2::StringPiece(given.data(), given.size()), *regex) : given == value;
  return equal == (op == MatchOp::kEqual || op == MatchOp::kRegex);
}

bool MatcherSet::matches(const core::Labels& labels) const {
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [&](const Condition& condition) { return condition.holds(labels.get(condition.name)); });
}

bool MatcherSet::could_match(const core::Labels& labels, const std::vector<std::string>& open) const {
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
    return condition.holds(labels.get(condition.name)) ||
           std::find(open.begin(), open.end(), condition.name) != open.end();
  });
}

}  // namespace cordwood::logql
