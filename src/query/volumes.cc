#include <algorithm>
#include <cmath>
#include <map>

#include "base/hash_map.h"
#include "logql/parse.h"
#include "query/explore.h"
#include "query/part_figures.h"

namespace cordwood::query {
namespace {

// The bytes of one group of streams, by the number of the bucket.
using Buckets = std::map<std::int64_t, double>;

class VolumeCounter {
 public:
  explicit VolumeCounter(const core::VolumeRequest& request)
      : range_(request.range), step_(request.step.count() > 0 ? request.step.count() : 0) {}

  // What lies in the range goes to the buckets that it falls in.
  void spread(Buckets& buckets, const Figure& figure) const {
    const std::int64_t first = std::max(figure.times.first, range_.begin).value;
    const std::int64_t last = std::min(figure.times.last, range_.end - base::nanoseconds(1)).value;
    if (last < first) return;
    for (std::int64_t number = bucket_of(first); number <= bucket_of(last); ++number) {
      const std::int64_t from = std::max(first, begin_of(number));
      const std::int64_t to = step_ == 0 ? last : std::min(last, begin_of(number) + (step_ - 1));
      buckets[number] += figure.line_bytes * figure.share_in({from}, {to});
    }
  }
  base::UnixNanos time_of(std::int64_t number) const { return {begin_of(number)}; }

 private:
  std::int64_t bucket_of(std::int64_t time) const { return step_ == 0 ? 0 : (time - range_.begin.value) / step_; }
  std::int64_t begin_of(std::int64_t number) const { return range_.begin.value + number * step_; }

  const core::TimeRange range_;
  const std::int64_t step_;
};

// The labels that a stream is counted under.
std::vector<core::Label> key_of(const core::Labels& labels, const std::vector<std::string>& targets) {
  std::vector<core::Label> key;
  for (const core::Label& label : labels.all()) {
    const bool chosen = targets.empty() || std::find(targets.begin(), targets.end(), label.name) != targets.end();
    if (chosen) key.push_back(label);
  }
  return key;
}

core::Volume make_volume(const core::Labels& labels, const Buckets& buckets, const VolumeCounter& counter) {
  core::Volume volume;
  volume.labels = labels;
  double sum = 0;
  for (const auto& [number, bytes] : buckets) {
    sum += bytes;
    const auto whole = static_cast<std::uint64_t>(std::llround(bytes));
    if (whole > 0) volume.buckets.emplace_back(counter.time_of(number), whole);
  }
  volume.bytes = static_cast<std::uint64_t>(std::llround(sum));
  return volume;
}

// Where a stream belongs.
struct Groups {
  std::vector<std::string> targets;
  AnySelector selector;
};

base::StatusOr<Groups> groups_of(const core::VolumeRequest& request) {
  Groups groups;
  std::vector<std::string> selectors;
  groups.targets = request.targets;
  if (!request.selector.empty() && request.selector != "{}") {
    selectors.push_back(request.selector);
    ASSIGN_OR_RETURN(const auto matchers, logql::parse_matchers(request.selector, logql::SelectorCheck::kOff));
    for (const logql::Matcher& matcher : matchers) {
      if (request.targets.empty() && !request.by_label_name) groups.targets.push_back(matcher.name);
    }
  }
  ASSIGN_OR_RETURN(groups.selector, AnySelector::build(selectors));
  return groups;
}

void add_part(const PartRollup& part, const Groups& groups, const VolumeCounter& counter,
              const core::VolumeRequest& request, std::map<core::Labels, Buckets>& sums) {
  std::map<std::uint32_t, Buckets> by_stream;
  for (const Figure& figure : figures_of(part, groups.selector, request.range, request.step.count() == 0)) {
    counter.spread(by_stream[figure.stream], figure);
  }
  for (const auto& [stream, buckets] : by_stream) {
    std::vector<core::Label> key = key_of(*part.part->streams()[stream].labels, groups.targets);
    if (key.empty()) continue;
    std::vector<core::Labels> keys;
    if (request.by_label_name) {
      for (const core::Label& label : key) keys.emplace_back(std::vector<core::Label>{{label.name, ""}});
    } else {
      keys.emplace_back(std::move(key));
    }
    for (const core::Labels& one : keys) {
      for (const auto& [number, bytes] : buckets) sums[one][number] += bytes;
    }
  }
}

core::Volumes volumes_of(const std::vector<PartRollup>& parts, const Groups& groups,
                         const core::VolumeRequest& request) {
  const VolumeCounter counter(request);
  std::map<core::Labels, Buckets> sums;
  for (const PartRollup& part : parts) add_part(part, groups, counter, request, sums);
  core::Volumes volumes;
  for (const auto& [labels, buckets] : sums) volumes.push_back(make_volume(labels, buckets, counter));
  std::erase_if(volumes, [](const core::Volume& volume) { return volume.bytes == 0; });
  std::stable_sort(volumes.begin(), volumes.end(),
                   [](const core::Volume& a, const core::Volume& b) { return a.bytes > b.bytes; });
  if (volumes.size() > request.limit) volumes.resize(request.limit);
  return volumes;
}

}  // namespace

base::Task<base::StatusOr<core::Volumes>> find_volumes(const core::VolumeRequest& request, PartProvider& provider,
                                                       base::Executor& executor) {
  CO_ASSIGN_OR_RETURN(const Groups groups, groups_of(request));
  auto parts = co_await provider.parts(request.tenant, request.range);
  if (!parts.ok()) co_return parts.status();
  const bool edges_alone = request.step.count() == 0;
  const std::vector<PartRollup> rollups =
      co_await rollups_of(std::move(parts->parts), &groups.selector, request.range, edges_alone);
  // Thousands of streams over thousands of buckets are long work without a place to yield.
  auto volumes =
      co_await executor.blocking([&rollups, &groups, &request] { return volumes_of(rollups, groups, request); });
  co_return volumes;
}

base::Task<base::StatusOr<core::IndexStats>> find_index_stats(const core::SeriesRequest& request,
                                                              PartProvider& provider) {
  CO_ASSIGN_OR_RETURN(const AnySelector selector, AnySelector::build(request.selectors));
  auto parts = co_await provider.parts(request.tenant, request.range);
  if (!parts.ok()) co_return parts.status();
  const core::TimeRange range = request.range;
  const std::vector<PartRollup> rollups = co_await rollups_of(std::move(parts->parts), &selector, range, true);
  core::IndexStats stats;
  base::IntegerSet<core::StreamId> streams;
  for (const PartRollup& one : rollups) {
    std::map<std::uint32_t, std::pair<double, double>> sums;  // rows and bytes by stream
    for (const Figure& figure : figures_of(one, selector, range, true)) {
      const double share = figure.share_in(range.begin, range.end - base::nanoseconds(1));
      sums[figure.stream].first += share * figure.rows;
      sums[figure.stream].second += share * figure.line_bytes;
    }
    if (!sums.empty()) ++stats.chunks;
    for (const auto& [stream, sum] : sums) {
      streams.insert(one.part->streams()[stream].id);
      stats.entries += static_cast<std::uint64_t>(std::llround(sum.first));
      stats.bytes += static_cast<std::uint64_t>(std::llround(sum.second));
    }
  }
  stats.streams = streams.size();
  co_return stats;
}

}  // namespace cordwood::query
