#include <algorithm>
#include <cmath>
#include <map>

#include "logql/parse.h"
#include "query/explore.h"

namespace cordwood::query {
namespace {

// The bytes of one group of streams, by the number of the bucket.
using Buckets = std::map<std::int64_t, double>;

class VolumeCounter {
 public:
  explicit VolumeCounter(const core::VolumeRequest& request)
      : range_(request.range), step_(request.step.count() > 0 ? request.step.count() : 0) {}

  // Bytes that lie somewhere in `span`: those in the range go to the buckets that they fall in.
  void spread(Buckets& buckets, const core::TimeSpan& span, double bytes) const {
    const std::int64_t first = std::max(span.first, range_.begin).value;
    const std::int64_t last = std::min(span.last, range_.end - base::nanoseconds(1)).value;
    if (last < first) return;
    const double length = static_cast<double>(span.last.value) - static_cast<double>(span.first.value) + 1;
    for (std::int64_t number = bucket_of(first); number <= bucket_of(last); ++number) {
      const std::int64_t from = std::max(first, begin_of(number));
      const std::int64_t to = step_ == 0 ? last : std::min(last, begin_of(number) + (step_ - 1));
      const double share = (static_cast<double>(to) - static_cast<double>(from) + 1) / length;
      buckets[number] += bytes * std::min(share, 1.0);
    }
  }
  base::UnixNanos time_of(std::int64_t number) const { return {begin_of(number)}; }

 private:
  std::int64_t bucket_of(std::int64_t time) const { return step_ == 0 ? 0 : (time - range_.begin.value) / step_; }
  std::int64_t begin_of(std::int64_t number) const { return range_.begin.value + number * step_; }

  const core::TimeRange range_;
  const std::int64_t step_;
};

// The bytes of each stream of a part: blocks of one stream where they lie, what is left (in blocks that streams share)
// evenly over the stream's time.
void count_part(const segment::Part& part, const AnySelector& selector, const VolumeCounter& counter,
                const core::TimeRange& range, std::map<const core::Labels*, Buckets>& by_stream) {
  const auto streams = part.streams();
  std::vector<Buckets*> wanted(streams.size(), nullptr);
  std::vector<double> left(streams.size(), 0);
  bool any = false;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (!streams[i].times.overlaps(range) || !selector.matches(*streams[i].labels)) continue;
    wanted[i] = &by_stream[streams[i].labels.get()];
    left[i] = static_cast<double>(streams[i].line_bytes);
    any = true;
  }
  if (!any) return;
  for (const segment::BlockInfo& block : part.blocks()) {
    const std::uint32_t stream = block.first_stream;
    if (stream != block.last_stream || wanted[stream] == nullptr) continue;
    left[stream] -= static_cast<double>(block.line_bytes);
    counter.spread(*wanted[stream], block.times, static_cast<double>(block.line_bytes));
  }
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (wanted[i] != nullptr && left[i] > 0.5) counter.spread(*wanted[i], streams[i].times, left[i]);
  }
}

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

}  // namespace

base::StatusOr<core::Volumes> volumes_of(const Parts& parts, const core::VolumeRequest& request) {
  std::vector<std::string> selectors;
  std::vector<std::string> targets = request.targets;
  if (!request.selector.empty() && request.selector != "{}") {
    selectors.push_back(request.selector);
    ASSIGN_OR_RETURN(const auto matchers, logql::parse_matchers(request.selector, logql::SelectorCheck::kOff));
    for (const logql::Matcher& matcher : matchers) {
      if (request.targets.empty() && !request.by_label_name) targets.push_back(matcher.name);
    }
  }
  ASSIGN_OR_RETURN(const AnySelector selector, AnySelector::build(selectors));
  const VolumeCounter counter(request);
  std::map<core::Labels, Buckets> sums;
  for (const auto& part : parts) {
    if (!part->times().overlaps(request.range)) continue;
    std::map<const core::Labels*, Buckets> by_stream;
    count_part(*part, selector, counter, request.range, by_stream);
    for (const auto& [labels, buckets] : by_stream) {
      std::vector<core::Label> key = key_of(*labels, targets);
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
  core::Volumes volumes;
  for (const auto& [labels, buckets] : sums) volumes.push_back(make_volume(labels, buckets, counter));
  std::erase_if(volumes, [](const core::Volume& volume) { return volume.bytes == 0; });
  std::stable_sort(volumes.begin(), volumes.end(),
                   [](const core::Volume& a, const core::Volume& b) { return a.bytes > b.bytes; });
  if (volumes.size() > request.limit) volumes.resize(request.limit);
  return volumes;
}

}  // namespace cordwood::query
