#include "query/look_around.h"

#include <algorithm>
#include <set>

#include "base/hash_map.h"
#include "logql/parse.h"

namespace cordwood::query {
namespace {

template <typename Visit>
void for_each_stream(const Parts& parts, const AnySelector& selector, core::TimeRange range, Visit visit) {
  if (range.empty()) return;
  for (const auto& part : parts) {
    if (!part->times().overlaps(range)) continue;
    for (const segment::PartStream& stream : part->streams()) {
      if (stream.times.overlaps(range) && selector.matches(*stream.labels)) visit(*part, stream);
    }
  }
}

}  // namespace

base::StatusOr<AnySelector> AnySelector::build(const std::vector<std::string>& texts) {
  AnySelector result;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const auto matchers, logql::parse_matchers(text, logql::SelectorCheck::kOff));
    ASSIGN_OR_RETURN(exec::StreamSelector selector, exec::StreamSelector::build(matchers));
    result.selectors_.push_back(std::move(selector));
  }
  return result;
}

bool AnySelector::matches(const core::Labels& labels) const {
  return selectors_.empty() || std::any_of(selectors_.begin(), selectors_.end(),
                                           [&](const exec::StreamSelector& one) { return one.matches(labels); });
}

std::vector<core::StreamRef> streams_of(const Parts& parts, const AnySelector& selector, core::TimeRange range) {
  std::vector<core::StreamRef> found;
  base::IntegerSet<core::StreamId> seen;
  for_each_stream(parts, selector, range, [&](const segment::Part&, const segment::PartStream& stream) {
    if (seen.insert(stream.id).second) found.push_back({stream.id, stream.labels});
  });
  return found;
}

std::vector<core::Labels> series_of(const Parts& parts, const AnySelector& selector, core::TimeRange range) {
  std::vector<core::Labels> series;
  for (const core::StreamRef& stream : streams_of(parts, selector, range)) series.push_back(*stream.labels);
  std::sort(series.begin(), series.end());
  return series;
}

std::vector<std::string> label_names_of(const Parts& parts, const AnySelector& selector, core::TimeRange range) {
  std::set<std::string, std::less<>> names;
  for_each_stream(parts, selector, range, [&](const segment::Part&, const segment::PartStream& stream) {
    for (const core::Label& label : stream.labels->all()) names.insert(label.name);
  });
  return {names.begin(), names.end()};
}

std::vector<std::string> label_values_of(const Parts& parts, const AnySelector& selector, core::TimeRange range,
                                         std::string_view name) {
  std::set<std::string, std::less<>> values;
  for_each_stream(parts, selector, range, [&](const segment::Part&, const segment::PartStream& stream) {
    if (stream.labels->has(name)) values.emplace(stream.labels->get(name));
  });
  return {values.begin(), values.end()};
}

}  // namespace cordwood::query
