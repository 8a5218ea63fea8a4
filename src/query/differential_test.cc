// The engine against its slow twin (exec/reference.h): random rows, random queries, random splits.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "base/sim_executor.h"
#include "exec/encoded/encoded_part.h"
#include "exec/reference.h"
#include "logql/parse.h"
#include "query/fixed_parts.h"
#include "query/query_engine.h"
#include "segment/mem_part.h"

namespace cordwood::query {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kBegin = 1'767'225'600 * kSecond;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  template <std::size_t N>
  const char* pick(const char* const (&choices)[N]) {
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

std::vector<std::shared_ptr<const segment::Part>> split(const std::vector<segment::MemRow>& rows, Generator& random) {
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

EngineOptions random_options(Generator& random) {
  EngineOptions options;
  options.limits.query_series_max = 100000;
  options.parallelism = 1 + random.below(4);
  options.page_rows_first = 1 + random.below(20);
  options.page_rows_max = 1 + random.below(50);
  options.page_bytes_max = 1 + random.below(8000);
  return options;
}

bool close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

// By labels and time; the points of series with equal labels are sorted by value.
using Points = std::map<std::pair<core::Labels, std::int64_t>, std::vector<double>>;

Points points_of(const core::QueryResult& result) {
  Points points;
  const auto* vector = std::get_if<core::VectorResult>(&result.data);
  const std::vector<core::Series>& series =
      vector != nullptr ? vector->series : std::get<core::MatrixResult>(result.data).series;
  for (const core::Series& one : series) {
    for (const core::Sample& sample : one.samples) points[{one.labels, sample.time.value}].push_back(sample.value);
  }
  return points;
}

Points points_of(const std::vector<exec::ReferenceVector>& steps, const exec::StepGrid& grid) {
  Points points;
  for (std::size_t step = 0; step < steps.size(); ++step) {
    for (const exec::ReferenceSample& sample : steps[step]) {
      points[{sample.labels, grid.at(step).value}].push_back(sample.value);
    }
  }
  return points;
}

bool same_points(Points a, Points b) {
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

std::string describe(const Points& points) {
  std::string text;
  for (const auto& [key, values] : points) {
    text += fmt::format("{} @{}: {}\n", key.first.to_text(), (key.second - kBegin) / kSecond, fmt::join(values, ","));
  }
  return text;
}

TEST(DifferentialTest, MetricQueries) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    Generator random(seed);
    const auto rows = random.rows();
    core::QueryRequest request;
    request.query = random.metric(3);
    request.instant = random.below(3) == 0;
    request.end = {kBegin + static_cast<std::int64_t>(random.below(400)) * kSecond};
    request.step = std::chrono::seconds(1 + random.below(50));
    request.start = request.instant ? request.end : request.end - std::chrono::seconds(random.below(400));
    const auto query = logql::parse(request.query);
    if (!query.ok()) {
      // Some combinations are not LogQL.
      ASSERT_EQ(query.status().code(), base::StatusCode::kInvalidArgument);
      continue;
    }
    const auto grid = request.instant ? exec::StepGrid{request.end, base::nanoseconds(0), 1}
                                      : exec::StepGrid::make(request.start, request.end, request.step);
    const auto want = exec::reference_metric(query->metric(), rows, grid, request.end);
    base::SimExecutor executor(seed);
    base::MemoryBudget memory("test", 1 << 30);
    FixedParts provider(split(rows, random));
    const auto engine = make_query_engine(executor, provider, memory, random_options(random));
    const auto got = base::sync_wait(executor, engine->run(request));
    ASSERT_EQ(got.ok(), want.ok()) << seed << " " << request.query << "\n"
                                   << base::message_of(got.status()) << "\n"
                                   << base::message_of(want.status());
    if (!got.ok()) continue;
    const Points a = points_of(*got);
    const Points b = points_of(*want, grid);
    ASSERT_TRUE(same_points(a, b)) << seed << " " << request.query << "\ngot\n"
                                   << describe(a) << "want\n"
                                   << describe(b);
    ASSERT_EQ(memory.used(), 0U);
    compared += b.empty() ? 0 : 1;
  }
  EXPECT_GT(compared, 300);
}

std::string describe(const core::Row& row) {
  std::string text =
      fmt::format("{} {} {} {}", row.position.time.value, row.position.offset, row.line, row.stream_labels->to_text());
  for (const core::Label& label : row.structured_metadata) text += " m:" + label.name + "=" + label.value;
  for (const core::Label& label : row.parsed) text += " p:" + label.name + "=" + label.value;
  return text + fmt::format(" {} {} {}", row.flags.bits, row.named, row.line_number);
}

std::vector<std::string> describe_all(const std::vector<core::Row>& rows) {
  std::vector<std::string> texts;
  for (const core::Row& row : rows) texts.push_back(describe(row));
  return texts;
}

std::vector<core::Row> drain(base::Executor& executor, core::QueryRunner& engine, const core::RowQuery& query,
                             std::size_t stop_after = SIZE_MAX) {
  auto cursor = base::sync_wait(executor, engine.rows(query));
  std::vector<core::Row> all;
  EXPECT_TRUE(cursor.ok()) << query.query;
  while (cursor.ok()) {
    auto rows = base::sync_wait(executor, (*cursor)->next());
    EXPECT_TRUE(rows.ok()) << base::message_of(rows.status());
    if (!rows.ok() || rows->empty()) break;
    all.insert(all.end(), std::make_move_iterator(rows->begin()), std::make_move_iterator(rows->end()));
    if (all.size() >= stop_after) break;
  }
  return all;
}

// What grep wants, straight from its definition.
std::vector<core::Row> in_file_order(std::vector<core::Row> rows) {
  // Rows keep their stream's labels here: the queries have no stage that changes them.
  std::map<std::pair<core::Labels, std::string>, base::UnixNanos> first;
  const auto group = [](const core::Row& row) {
    return std::pair(*row.stream_labels, row.named ? base::to_hex(row.position.generation.value) : std::string());
  };
  for (const core::Row& row : rows) {
    const auto [at, is_new] = first.emplace(group(row), row.position.time);
    if (!is_new) at->second = std::min(at->second, row.position.time);
  }
  const auto key = [&](const core::Row& row) {
    const auto of = group(row);
    const core::RowPosition place = row.named ? core::RowPosition{{}, {}, {}, row.position.offset} : row.position;
    return std::tuple(of.first, first.at(of), of.second, place);
  };
  std::sort(rows.begin(), rows.end(), [&](const core::Row& a, const core::Row& b) { return key(a) < key(b); });
  return rows;
}

TEST(DifferentialTest, RowQueries) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Generator random(seed + 77777);
    const auto rows = random.rows();
    core::RowQuery query;
    query.query = random.selector() + random.pipeline();
    query.direction = random.below(2) == 0 ? core::Direction::kForward : core::Direction::kBackward;
    query.range = {{kBegin + static_cast<std::int64_t>(random.below(100)) * kSecond},
                   {kBegin + static_cast<std::int64_t>(random.below(400)) * kSecond}};
    if (random.below(3) == 0) query.limit = random.below(40);
    const auto log = logql::parse_log_query(query.query);
    ASSERT_TRUE(log.ok()) << query.query;
    auto want = *exec::reference_rows(*log, rows, query.range, query.direction, {});
    if (query.limit.has_value() && want.size() > *query.limit) want.resize(*query.limit);

    base::SimExecutor executor(seed);
    base::MemoryBudget memory("test", 1 << 30);
    FixedParts provider(split(rows, random));
    const auto engine = make_query_engine(executor, provider, memory, random_options(random));
    ASSERT_EQ(describe_all(drain(executor, *engine, query)), describe_all(want)) << seed << " " << query.query;

    // Stopped somewhere and gone on with the last place.
    query.limit.reset();
    want = *exec::reference_rows(*log, rows, query.range, query.direction, {});
    auto got = drain(executor, *engine, query, 1 + random.below(30));
    if (!got.empty()) query.after = got.back().position;
    const auto rest = drain(executor, *engine, query);
    got.insert(got.end(), rest.begin(), rest.end());
    ASSERT_EQ(describe_all(got), describe_all(want)) << seed << " " << query.query;
    ASSERT_EQ(memory.used(), 0U);
  }
}

TEST(DifferentialTest, RowsInFileOrder) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Generator random(seed + 99999);
    const auto rows = random.rows();
    core::RowQuery query;
    query.order = core::RowOrder::kSource;
    query.query = random.selector() + random.pick({"", R"( |= "needle")"});
    query.range = {{kBegin + static_cast<std::int64_t>(random.below(100)) * kSecond},
                   {kBegin + static_cast<std::int64_t>(random.below(400)) * kSecond}};
    const auto log = logql::parse_log_query(query.query);
    ASSERT_TRUE(log.ok());
    // Generations are ranked by all their rows in range, also those that the filter drops.
    logql::LogExpr unfiltered = *log;
    unfiltered.stages.clear();
    auto all = in_file_order(*exec::reference_rows(unfiltered, rows, query.range, query.direction, {}));
    const auto kept = *exec::reference_rows(*log, rows, query.range, query.direction, {});
    std::erase_if(all, [&](const core::Row& row) {
      return std::none_of(kept.begin(), kept.end(),
                          [&](const core::Row& other) { return other.position == row.position; });
    });
    if (random.below(3) == 0) {
      query.limit = random.below(40);
      if (all.size() > *query.limit) all.resize(*query.limit);
    }
    base::SimExecutor executor(seed);
    base::MemoryBudget memory("test", 1 << 30);
    FixedParts provider(split(rows, random));
    const auto engine = make_query_engine(executor, provider, memory, random_options(random));
    ASSERT_EQ(describe_all(drain(executor, *engine, query)), describe_all(all)) << seed << " " << query.query;
    ASSERT_EQ(memory.used(), 0U);
  }
}

TEST(DifferentialTest, LimitedLogQueries) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Generator random(seed + 55555);
    const auto rows = random.rows();
    core::QueryRequest request;
    request.query = random.selector() + random.pipeline();
    request.direction = random.below(2) == 0 ? core::Direction::kForward : core::Direction::kBackward;
    request.start = {kBegin};
    request.end = {kBegin + static_cast<std::int64_t>(random.below(400)) * kSecond};
    request.limit = static_cast<std::uint32_t>(random.below(60));
    if (random.below(2) == 0) request.interval = std::chrono::seconds(random.below(30));
    const auto log = logql::parse_log_query(request.query);
    const auto all = *exec::reference_rows(*log, rows, {request.start, request.end}, request.direction, {});
    std::vector<std::string> want;
    std::optional<base::UnixNanos> last;
    for (const core::Row& row : all) {
      if (want.size() == request.limit) break;
      const base::UnixNanos time = row.position.time;
      if (last.has_value() && std::abs((time - *last).count()) < request.interval.count()) continue;
      last = time;
      want.push_back(fmt::format("{} {} {}", row.stream_labels->to_text(), time.value, row.line));
    }
    base::SimExecutor executor(seed);
    base::MemoryBudget memory("test", 1 << 30);
    FixedParts provider(split(rows, random));
    const auto engine = make_query_engine(executor, provider, memory, random_options(random));
    const auto got = base::sync_wait(executor, engine->run(request));
    ASSERT_TRUE(got.ok()) << base::message_of(got.status());
    std::vector<std::string> found;
    for (const core::LogStream& stream : std::get<core::LogResult>(got->data)) {
      for (const core::LogEntry& entry : stream.entries) {
        found.push_back(fmt::format("{} {} {}", stream.labels.to_text(), entry.time.value, entry.line));
      }
    }
    std::sort(want.begin(), want.end());
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found, want) << seed << " " << request.query;
  }
}

}  // namespace
}  // namespace cordwood::query
