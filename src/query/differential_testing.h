// For tests: random rows and queries, and results as points that can be compared.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "exec/encoded/encoded_part.h"
#include "exec/reference.h"
#include "query/query_engine.h"
#include "segment/mem_part.h"

namespace cordwood::query {

inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kBegin = 1'767'225'600 * kSecond;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  template <std::size_t N>
  const char* pick(const char* const (&choices)[N]) {
    return choices[below(N)];
  }

  template <std::size_t N>
  int number(const int (&choices)[N]) {
    return choices[below(N)];
  }

  std::vector<segment::MemRow> rows() {
    std::vector<segment::MemRow> rows;
    const std::size_t count = below(300);
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<core::Label> labels{{"job", pick({"a", "b"})}, {"host", pick({"h1", "h2", "h3"})}};
      if (below(3) == 0) labels.push_back({"level", pick({"info", "error"})});
      segment::MemRow row;
      row.labels = std::make_shared<const core::Labels>(std::move(labels));
      // Many rows share a time.
      row.time = {kBegin + static_cast<std::int64_t>(below(60)) * 5 * kSecond};
      row.line = line();
      const std::uint64_t source = below(5);
      row.source = {{base::hash128(std::to_string(source))}, source != 0};
      row.offset = i;
      row.line_number = row.source.named ? i + 1 : 0;
      if (below(4) == 0) row.metadata.push_back({"trace", pick({"t1", "t2"})});
      if (below(9) == 0) row.metadata.push_back({"level", "debug"});
      rows.push_back(std::move(row));
    }
    return rows;
  }

  std::string pipeline() {
    std::string text;
    for (std::uint64_t i = below(4); i > 0; --i) text += stage();
    return text;
  }
  std::string selector() {
    return pick({R"({job="a"})", R"({job=~"a|b"})", R"({host!="h1", job=~".+"})", R"({job="a", level="error"})",
                 R"({job="b", level=""})", R"({job="none"})"});
  }
  std::string metric(int depth) {
    if (depth == 0 || below(4) == 0) return range();
    switch (below(4)) {
      case 0:
        return fmt::format("{}{} ({})", pick({"sum", "avg", "min", "max", "count", "stddev", "stdvar"}), grouping(),
                           metric(depth - 1));
      case 1:
        return fmt::format("{}({}, {}){}", pick({"topk", "bottomk"}), 1 + below(3), metric(depth - 1), grouping());
      case 2:
        return fmt::format("({} {} {})", metric(depth - 1), arithmetic(), 1 + below(3));
      default:
        return fmt::format("({} {} {})", metric(depth - 1), matched_operator(), metric(depth - 1));
    }
  }

 private:
  std::string line() {
    const std::string value = below(12) == 0 ? "oops" : std::to_string(below(50));
    switch (below(3)) {
      case 0:
        return fmt::format("level={} took={} msg=\"{} done\"", pick({"info", "error"}), value, pick({"a", "needle"}));
      case 1:
        return fmt::format(R"({{"level":"{}","took":{},"id":"x{}"}})", pick({"info", "warn"}), below(90), below(5));
      default:
        return fmt::format("plain {} text {}", pick({"needle", "hay", "hayneedlehay"}), value);
    }
  }
  std::string stage() {
    return pick({R"( |= "needle")", R"( != "hay")", R"( |= "a" or "needle")", R"( |~ "nee.le|info")", " | json",
                 " | logfmt", R"( | level="info")", " | took > 20", R"( | trace="t1")", R"( | drop trace)",
                 R"( | keep level, took)", R"x( | regexp "(?P<word>needle|hay)")x", R"( |= "")"});
  }
  std::string range() {
    const std::string window = fmt::format("[{}s]{}", 1 + below(60), below(5) == 0 ? " offset 20s" : "");
    const std::string log = selector() + pipeline();
    const std::uint64_t kind = below(3);
    if (kind < 2) {
      return fmt::format("{}({} {})",
                         pick({"count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time"}), log,
                         window);
    }
    const std::string unwrapped = log + pick({" | logfmt", " | json"}) + " | unwrap took | __error__=\"\" ";
    switch (below(3)) {
      case 0:
        return fmt::format("{}({} {})", pick({"rate", "sum_over_time", "rate_counter"}), unwrapped, window);
      case 1:
        return fmt::format("quantile_over_time(0.{}, {} {}){}", below(10), unwrapped, window, grouping());
      default:
        return fmt::format("{}({} {}){}",
                           pick({"avg_over_time", "max_over_time", "min_over_time", "stddev_over_time",
                                 "stdvar_over_time", "first_over_time", "last_over_time"}),
                           unwrapped, window, grouping());
    }
  }
  std::string grouping() {
    return pick({"", " by (job)", " by (job, level)", " without (host)", " by ()", " without (level, trace)"});
  }
  std::string arithmetic() { return pick({"+", "-", "*", "/", "%", ">", "> bool", "<=", "!="}); }
  std::string matched_operator() {
    const std::string match = pick({"", " on (job)", " ignoring (host)", " on (job, host)", " on ()"});
    if (below(2) == 0) return pick({"and", "or", "unless"}) + match;
    const std::string group = match.empty() ? "" : pick({"", " group_left ()", " group_right (level)"});
    return pick({"+", "/", ">", "== bool"}) + match + group;
  }

  base::SeededRandom random_;
};

inline std::vector<std::shared_ptr<const segment::Part>> split(const std::vector<segment::MemRow>& rows,
                                                               Generator& random) {
  std::vector<std::vector<segment::MemRow>> lots(1 + random.below(7));
  for (const segment::MemRow& row : rows) lots[random.below(lots.size())].push_back(row);
  std::vector<std::shared_ptr<const segment::Part>> parts;
  for (std::vector<segment::MemRow>& lot : lots) {
    if (lot.empty()) continue;
    const auto block_rows = static_cast<std::uint32_t>(1 + random.below(60));
    parts.push_back(segment::make_mem_part(fmt::format("part-{}", parts.size()), std::move(lot), block_rows));
    if (random.below(2) == 0) parts.back() = std::make_shared<exec::EncodedPart>(parts.back());
  }
  return parts;
}

inline EngineOptions random_options(Generator& random) {
  EngineOptions options;
  options.limits.query_series_max = 100000;
  options.parallelism = 1 + random.below(4);
  options.page_rows_first = 1 + random.below(20);
  options.page_rows_max = 1 + random.below(50);
  options.page_bytes_max = 1 + random.below(8000);
  return options;
}

inline bool close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

// By labels and time; the points of series with equal labels are sorted by value.
using Points = std::map<std::pair<core::Labels, std::int64_t>, std::vector<double>>;

inline Points points_of(const core::QueryResult& result) {
  Points points;
  const auto* vector = std::get_if<core::VectorResult>(&result.data);
  const std::vector<core::Series>& series =
      vector != nullptr ? vector->series : std::get<core::MatrixResult>(result.data).series;
  for (const core::Series& one : series) {
    for (const core::Sample& sample : one.samples) points[{one.labels, sample.time.value}].push_back(sample.value);
  }
  return points;
}

inline Points points_of(const std::vector<exec::ReferenceVector>& steps, const exec::StepGrid& grid) {
  Points points;
  for (std::size_t step = 0; step < steps.size(); ++step) {
    for (const exec::ReferenceSample& sample : steps[step]) {
      points[{sample.labels, grid.at(step).value}].push_back(sample.value);
    }
  }
  return points;
}

inline bool same_points(Points a, Points b) {
  if (a.size() != b.size()) return false;
  for (auto& [key, values] : a) {
    const auto other = b.find(key);
    if (other == b.end() || other->second.size() != values.size()) return false;
    std::sort(values.begin(), values.end());
    std::sort(other->second.begin(), other->second.end());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!close(values[i], other->second[i])) return false;
    }
  }
  return true;
}

inline std::string describe(const Points& points) {
  std::string text;
  for (const auto& [key, values] : points) {
    text += fmt::format("{} @{}: {}\n", key.first.to_text(), (key.second - kBegin) / kSecond, fmt::join(values, ","));
  }
  return text;
}

}  // namespace cordwood::query
