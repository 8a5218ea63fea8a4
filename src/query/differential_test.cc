// The engine against its slow twin (exec/reference.h): random rows, random queries, random splits.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/sim_executor.h"
#include "exec/reference.h"
#include "logql/parse.h"
#include "query/differential_testing.h"
#include "query/fixed_parts.h"

namespace cordwood::query {
namespace {

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
