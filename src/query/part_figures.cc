#include "query/part_figures.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace cordwood::query {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;
constexpr std::int64_t kMinuteMax = 150'000'000;  // in the year 2255

double length(core::UnixNanos from, core::UnixNanos to) {
  return static_cast<double>(to.value) - static_cast<double>(from.value) + 1;
}

// Whether a selected stream lies in the range; with `edges`, partly.
bool any_stream(const segment::Part& part, const AnySelector& selector, core::TimeRange range, bool edges) {
  return std::any_of(part.streams().begin(), part.streams().end(), [&](const segment::PartStream& stream) {
    return stream.times.overlaps(range) && !(edges && stream.times.inside(range)) && selector.matches(*stream.labels);
  });
}

// Rows and bytes of a stream that no block of its own holds.
struct Rest {
  bool wanted = false;
  double rows = 0;
  double line_bytes = 0;
};

void add_blocks(const segment::Part& part, std::vector<Rest>& rest, std::vector<Figure>& figures) {
  for (const segment::BlockInfo& block : part.blocks()) {
    const std::uint32_t stream = block.first_stream;
    if (stream != block.last_stream || !rest[stream].wanted) continue;
    // A part with rows taken out may know of fewer in the stream than its blocks say.
    const double rows = std::min(rest[stream].rows, static_cast<double>(block.rows));
    const double bytes = std::min(rest[stream].line_bytes, static_cast<double>(block.line_bytes));
    rest[stream].rows -= rows;
    rest[stream].line_bytes -= bytes;
    figures.push_back({stream, block.times, rows, bytes});
  }
}

// What is known of a minute lies in the minute and in the stream's times.
std::optional<Figure> figure_of(const segment::RollupEntry& entry, const segment::PartStream& stream) {
  if (entry.minute < -kMinuteMax || entry.minute > kMinuteMax) return std::nullopt;
  core::TimeSpan times{{entry.minute * kMinute}, {entry.minute * kMinute + (kMinute - 1)}};
  times.first = std::max(times.first, stream.times.first);
  times.last = std::min(times.last, stream.times.last);
  if (times.empty()) return std::nullopt;
  return Figure{entry.stream, times, static_cast<double>(entry.rows), static_cast<double>(entry.line_bytes)};
}

}  // namespace

double Figure::share_in(core::UnixNanos from, core::UnixNanos to) const {
  from = std::max(from, times.first);
  to = std::min(to, times.last);
  if (to < from) return 0;
  return std::min(length(from, to) / length(times.first, times.last), 1.0);
}

base::Task<std::vector<PartRollup>> rollups_of(Parts parts, const AnySelector* selector, core::TimeRange range,
                                               bool edges) {
  std::vector<PartRollup> all;
  for (const auto& part : parts) {
    if (!part->times().overlaps(range)) continue;
    PartRollup one{part, nullptr};
    if (any_stream(*part, *selector, range, edges)) {
      auto rollup = co_await part->rollup();
      if (rollup.ok()) one.rollup = *std::move(rollup);
    }
    all.push_back(std::move(one));
  }
  co_return all;
}

std::vector<Figure> figures_of(const PartRollup& part, const AnySelector& selector, core::TimeRange range,
                               bool whole_streams) {
  std::vector<Figure> figures;
  const auto streams = part.part->streams();
  std::vector<Rest> rest(streams.size());
  for (std::uint32_t i = 0; i < streams.size(); ++i) {
    const segment::PartStream& stream = streams[i];
    if (!stream.times.overlaps(range) || !selector.matches(*stream.labels)) continue;
    rest[i] = {true, static_cast<double>(stream.records), static_cast<double>(stream.line_bytes)};
    if (!whole_streams || !stream.times.inside(range)) continue;
    figures.push_back({i, stream.times, rest[i].rows, rest[i].line_bytes});
    rest[i] = {};
  }
  if (part.rollup != nullptr) {
    for (const segment::RollupEntry& entry : part.rollup->entries) {
      if (entry.stream >= rest.size() || !rest[entry.stream].wanted) continue;
      const std::optional<Figure> figure = figure_of(entry, streams[entry.stream]);
      if (!figure.has_value() || !figure->times.overlaps(range)) continue;
      figures.push_back(*figure);
    }
    return figures;
  }
  add_blocks(*part.part, rest, figures);
  for (std::uint32_t i = 0; i < streams.size(); ++i) {
    if (rest[i].wanted && rest[i].rows > 0.5) {
      figures.push_back({i, streams[i].times, rest[i].rows, rest[i].line_bytes});
    }
  }
  return figures;
}

}  // namespace cordwood::query
