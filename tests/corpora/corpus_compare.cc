#include "corpora/corpus_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/sim_executor.h"
#include "corpora/corpus_queries.h"
#include "exec/reference.h"
#include "logql/parse.h"
#include "objectstore/mem/mem_store.h"
#include "query/part_provider.h"
#include "query/query_engine.h"
#include "query/segment_cache.h"
#include "segment/mem_part.h"

namespace cordwood::corpora {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kBegin = 1'767'225'600 * kSecond;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::size_t kSegments = 2;

std::vector<segment::MemRow> rows_of(const std::vector<std::string>& lines) {
  const auto labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"job", "corpus"}});
  std::vector<segment::MemRow> rows;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    segment::MemRow& row = rows.emplace_back();
    row.labels = labels;
    row.time = {kBegin + static_cast<std::int64_t>(i) * kHour / static_cast<std::int64_t>(lines.size())};
    row.line = lines[i];
    row.source = {{base::hash128("corpus")}, true};
    row.offset = i;
    row.line_number = i + 1;
  }
  return rows;
}

// The rows as segments of several blocks each, read through the cache.
class Segments final : public query::PartProvider {
 public:
  Segments(base::Executor& executor, const std::vector<segment::MemRow>& rows)
      : store_(executor), cache_(executor, store_, {64 << 20, 64 << 20}) {
    const std::size_t each = rows.size() / kSegments + 1;
    for (std::size_t begin = 0; begin < rows.size(); begin += each) {
      const auto first = rows.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto last = rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), begin + each));
      const std::vector<segment::MemRow> lot(first, last);
      auto object = std::make_shared<std::string>();
      segment::StringSink sink(*object);
      segment::WriterOptions options;
      options.block_rows_max = static_cast<std::uint32_t>(std::max<std::size_t>(1, each / 3));
      CHECK(segment::write_rows(lot, sink, options).ok());
      catalog::PartRow part;
      part.object_key = fmt::format("segment-{}", begin);
      part.stored_bytes = object->size();
      CHECK(base::sync_wait(executor, store_.put(part.object_key, object)).ok());
      parts_.push_back(part);
    }
  }
  base::Task<base::StatusOr<query::PartSet>> parts(core::TenantId, core::TimeRange) override {
    return cache_.open_all(parts_);
  }

 private:
  objectstore::MemStore store_;
  query::SegmentCache cache_;
  std::vector<catalog::PartRow> parts_;
};

bool close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

// By labels and time; points of series with equal labels sorted.
using Points = std::map<std::pair<std::string, std::int64_t>, std::vector<double>>;

bool same(const Points& a, const Points& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && std::equal(x.second.begin(), x.second.end(), y.second.begin(), y.second.end(), close);
  });
}

void sort_values(Points& points) {
  for (auto& [key, values] : points) std::sort(values.begin(), values.end());
}

std::string text_of(const Points& points) {
  std::string text;
  for (const auto& [key, values] : points) {
    text += fmt::format("  {} @{}: {}\n", key.first, (key.second - kBegin) / kSecond, fmt::join(values, ","));
    if (text.size() > 2000) return text + "  ...\n";
  }
  return text;
}

// What went wrong. Of several series with errors either side may name another.
std::string error_of(const base::Status& status) {
  const std::string text(base::message_of(status));
  return text.substr(0, std::min(text.find('\n'), text.find(": '")));
}

class Comparer {
 public:
  Comparer(const std::vector<std::string>& lines, std::uint64_t seed)
      : rows_(rows_of(lines)),
        random_(lines, seed),
        executor_(seed),
        memory_("corpora", std::size_t{2} << 30),
        segments_(executor_, rows_) {
    query::EngineOptions options;
    options.limits.query_series_max = 1'000'000;
    options.parallelism = 2;
    engine_ = query::make_query_engine(executor_, segments_, memory_, options);
  }

  // Whether to go on.
  bool compare_one(Comparison& result) {
    ++result.queries;
    const bool metric = random_.below(2) == 0;
    const std::string text = metric ? random_.metric() : random_.log();
    const auto query = logql::parse(text);
    if (!query.ok()) {
      // Some combinations are not LogQL.
      ++result.refused;
      return true;
    }
    for (int round = 0; round < 2 && result.difference.empty(); ++round) {
      if (metric) {
        compare_metric(text, query->metric(), result);
      } else {
        compare_log(text, query->log(), result);
      }
    }
    if (!result.difference.empty()) result.difference = text + "\n" + result.difference;
    return result.difference.empty();
  }

 private:
  void compare_metric(const std::string& text, const logql::MetricExpr& expr, Comparison& result) {
    core::QueryRequest request;
    request.query = text;
    request.start = {kBegin};
    request.end = {kBegin + kHour};
    request.step = std::chrono::minutes(10);
    const auto grid = exec::StepGrid::make(request.start, request.end, request.step);
    if (!wanted_points_.has_value() || wanted_of_ != text) {
      wanted_of_ = text;
      wanted_points_ = reference(expr, grid, request.end);
    }
    const base::StatusOr<Points>& want = *wanted_points_;
    const auto got = base::sync_wait(executor_, engine_->run(request));
    if (got.ok() != want.ok() || (!got.ok() && error_of(got.status()) != error_of(want.status()))) {
      result.difference =
          fmt::format("got {}\nwant {}\n", base::message_of(got.status()), base::message_of(want.status()));
      return;
    }
    if (!got.ok()) {
      ++result.refused;
      return;
    }
    Points found;
    for (const core::Series& series : std::get<core::MatrixResult>(got->data).series) {
      for (const core::Sample& sample : series.samples) {
        found[{series.labels.to_text(), sample.time.value}].push_back(sample.value);
      }
    }
    sort_values(found);
    if (!same(found, *want)) result.difference = "got\n" + text_of(found) + "want\n" + text_of(*want);
    if (!found.empty()) ++result.answered;
  }
  base::StatusOr<Points> reference(const logql::MetricExpr& expr, const exec::StepGrid& grid, base::UnixNanos now) {
    ASSIGN_OR_RETURN(const auto steps, exec::reference_metric(expr, rows_, grid, now));
    Points points;
    for (std::size_t step = 0; step < steps.size(); ++step) {
      for (const exec::ReferenceSample& sample : steps[step]) {
        points[{sample.labels.to_text(), grid.at(step).value}].push_back(sample.value);
      }
    }
    sort_values(points);
    return points;
  }

  static std::string row_text(const core::Row& row) {
    std::string text =
        fmt::format("  {} {} {} {}", row.position.time.value, row.line_number, row.stream_labels->to_text(), row.line);
    for (const core::Label& label : row.parsed) text += fmt::format(" {}={}", label.name, label.value);
    return text;
  }
  void compare_log(const std::string& text, const logql::LogExpr& log, Comparison& result) {
    const core::TimeRange range{{kBegin}, {kBegin + kHour}};
    const auto want = exec::reference_rows(log, rows_, range, core::Direction::kForward, {});
    core::RowQuery query;
    query.query = text;
    query.range = range;
    query.direction = core::Direction::kForward;
    auto cursor = base::sync_wait(executor_, engine_->rows(query));
    if (cursor.ok() != want.ok()) {
      result.difference =
          fmt::format("got {}\nwant {}\n", base::message_of(cursor.status()), base::message_of(want.status()));
      return;
    }
    if (!want.ok()) {
      ++result.refused;
      return;
    }
    std::size_t at = 0;
    while (true) {
      const auto rows = base::sync_wait(executor_, (*cursor)->next());
      if (!rows.ok()) {
        result.difference = fmt::format("got {}\n", base::message_of(rows.status()));
        return;
      }
      if (rows->empty()) break;
      for (const core::Row& row : *rows) {
        if (at < want->size() && row_text(row) == row_text((*want)[at])) {
          ++at;
          continue;
        }
        result.difference =
            fmt::format("got\n{}\nwant\n{}\n", row_text(row), at < want->size() ? row_text((*want)[at]) : "  nothing");
        return;
      }
    }
    if (at < want->size()) result.difference = fmt::format("got {} rows, want {}\n", at, want->size());
    if (at > 0) ++result.answered;
    compare_limited(text, *want, result);
  }
  // The newest rows, through the engine's other entrance, which remembers selections.
  void compare_limited(const std::string& text, const std::vector<core::Row>& want, Comparison& result) {
    core::QueryRequest request;
    request.query = text;
    request.start = {kBegin};
    request.end = {kBegin + kHour};
    request.limit = 20;
    request.direction = core::Direction::kBackward;
    const auto got = base::sync_wait(executor_, engine_->run(request));
    if (!got.ok()) {
      result.difference = fmt::format("got {}\n", base::message_of(got.status()));
      return;
    }
    std::vector<std::string> found;
    for (const core::LogStream& stream : std::get<core::LogResult>(got->data)) {
      for (const core::LogEntry& entry : stream.entries)
        found.push_back(fmt::format("{} {}", entry.time.value, entry.line));
    }
    std::vector<std::string> wanted;
    for (std::size_t i = want.size() - std::min<std::size_t>(want.size(), 20); i < want.size(); ++i) {
      wanted.push_back(fmt::format("{} {}", want[i].position.time.value, want[i].line));
    }
    std::sort(found.begin(), found.end());
    std::sort(wanted.begin(), wanted.end());
    if (found != wanted) {
      result.difference =
          fmt::format("newest 20: got\n  {}\nwant\n  {}\n", fmt::join(found, "\n  "), fmt::join(wanted, "\n  "));
    }
  }

  const std::vector<segment::MemRow> rows_;
  CorpusQueries random_;
  base::SimExecutor executor_;
  base::MemoryBudget memory_;
  Segments segments_;
  std::unique_ptr<core::QueryRunner> engine_;
  std::string wanted_of_;
  std::optional<base::StatusOr<Points>> wanted_points_;
};

}  // namespace

Comparison compare(const std::vector<std::string>& lines, std::uint64_t seed, int count) {
  Comparison result;
  Comparer comparer(lines, seed);
  while (result.queries < count && comparer.compare_one(result)) {
  }
  return result;
}

std::vector<std::string> first_lines(const std::string& path, std::size_t lines_max, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  for (std::string line; lines.size() < lines_max && bytes < bytes_max && std::getline(file, line);) {
    bytes += line.size();
    lines.push_back(line);
  }
  return lines;
}

}  // namespace cordwood::corpora
