#include "exec/stream_selector.h"

namespace cordwood::exec {

base::StatusOr<StreamSelector> StreamSelector::build(const std::vector<logql::Matcher>& matchers) {
  ASSIGN_OR_RETURN(logql::MatcherSet set, logql::MatcherSet::build(matchers));
  return StreamSelector(std::move(set));
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
