#include "exec/stream_selector.h"

#include <re2/re2.h>

#include <algorithm>

namespace cordwood::exec {

base::StatusOr<StreamSelector> StreamSelector::build(const std::vector<logql::Matcher>& matchers) {
  StreamSelector selector;
  for (const logql::Matcher& matcher : matchers) {
    Condition condition{matcher.name, matcher.op, matcher.value, nullptr};
    if (matcher.op == logql::MatchOp::kRegex || matcher.op == logql::MatchOp::kNotRegex) {
      RE2::Options options;
      options.set_log_errors(false);
      options.set_dot_nl(true);
      condition.regex = std::make_shared<const RE2>(matcher.value, options);
      if (!condition.regex->ok()) return base::invalid_argument_error("{}", condition.regex->error());
    }
    selector.conditions_.push_back(std::move(condition));
  }
  // Comparisons before regexes.
  std::stable_partition(selector.conditions_.begin(), selector.conditions_.end(),
                        [](const Condition& condition) { return condition.regex == nullptr; });
  return selector;
}

bool StreamSelector::matches(const core::Labels& labels) const {
  for (const Condition& condition : conditions_) {
    const std::string_view value = labels.get(condition.name);
    const bool equal = condition.regex != nullptr
                           ? RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *condition.regex)
                           : value == condition.value;
    const bool wanted = condition.op == logql::MatchOp::kEqual || condition.op == logql::MatchOp::kRegex;
    if (equal != wanted) return false;
  }
  return true;
}

std::vector<bool> StreamSelector::select(const segment::Part& part, core::TimeRange range) const {
  const std::span<const segment::PartStream> streams = part.streams();
  std::vector<bool> selected(streams.size());
  bool any = false;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (!streams[i].times.overlaps(range) || !matches(*streams[i].labels)) continue;
    selected[i] = true;
    any = true;
  }
  if (!any) selected.clear();
  return selected;
}

}  // namespace cordwood::exec
