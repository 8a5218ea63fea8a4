#include "query/query_engine.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "base/sim_executor.h"
#include "base/thread_executor.h"
#include "query/fixed_parts.h"
#include "segment/mem_part.h"

namespace cordwood::query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kBegin = 1'767'225'600 * kSecond;

base::UnixNanos at(std::int64_t second) {
  return {kBegin + second * kSecond};
}

segment::MemRow row(const std::string& job, std::int64_t second, std::string line, std::uint64_t offset = 0) {
  std::vector<core::Label> labels{{"job", job}};
  segment::MemRow result;
  result.labels = std::make_shared<const core::Labels>(std::move(labels));
  result.time = at(second);
  result.line = std::move(line);
  result.source = {{base::hash128(job)}, true};
  result.offset = offset;
  result.line_number = offset + 1;
  return result;
}

core::RowQuery row_query(std::string query) {
  core::RowQuery result;
  result.query = std::move(query);
  return result;
}

// Remembers what was read, and fails for chosen blocks.
class WatchedPart final : public segment::Part {
 public:
  WatchedPart(std::shared_ptr<const segment::Part> part, base::Executor& executor)
      : part_(std::move(part)), executor_(executor) {}
  std::string_view name() const override { return part_->name(); }
  core::TimeSpan times() const override { return part_->times(); }
  std::span<const segment::PartStream> streams() const override { return part_->streams(); }
  std::span<const segment::RowSource> sources() const override { return part_->sources(); }
  std::span<const segment::BlockInfo> blocks() const override { return part_->blocks(); }
  base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> read_block(
      std::size_t index, segment::Columns columns) const override {
    ++reads;
    if (columns.lines) read_lines = true;
    if (columns.positions) read_positions = true;
    if (on_read) on_read();
    if (delay.count() > 0) co_await executor_.sleep_for(delay);
    if (broken.contains(index)) co_return broken_with;
    auto rows = co_await part_->read_block(index, columns);
    co_return rows;
  }

  std::set<std::size_t> broken;
  base::Status broken_with = base::data_loss_error("checksum");
  std::function<void()> on_read;
  base::nanoseconds delay{0};
  mutable std::atomic<int> reads{0};
  mutable std::atomic<bool> read_lines{false};
  mutable std::atomic<bool> read_positions{false};

 private:
  const std::shared_ptr<const segment::Part> part_;
  base::Executor& executor_;
};

class QueryEngineTest : public ::testing::Test {
 protected:
  void use(std::vector<segment::MemRow> rows, std::uint32_t block_rows) {
    part_ = std::make_shared<WatchedPart>(segment::make_mem_part("part", std::move(rows), block_rows), executor_);
    provider_ = std::make_unique<FixedParts>(std::vector<std::shared_ptr<const segment::Part>>{part_});
  }
  core::QueryRunner& engine() {
    if (engine_ == nullptr) engine_ = make_query_engine(executor_, *provider_, memory_, options_);
    return *engine_;
  }
  core::QueryRequest request(std::string query) {
    core::QueryRequest result;
    result.query = std::move(query);
    result.start = at(0);
    result.end = at(3600);
    result.step = std::chrono::seconds(60);
    return result;
  }
  base::StatusOr<core::QueryResult> run(core::QueryRequest request) {
    return base::sync_wait(executor_, engine().run(std::move(request)));
  }
  base::StatusOr<core::QueryResult> run(std::string query) { return run(request(std::move(query))); }

  base::SimExecutor executor_{1};
  base::MemoryBudget memory_{"all queries", 1 << 30};
  EngineOptions options_{.limits = {}, .parallelism = 1};
  std::shared_ptr<WatchedPart> part_;
  std::unique_ptr<FixedParts> provider_;
  std::unique_ptr<core::QueryRunner> engine_;
};

std::vector<segment::MemRow> minute_rows(int count) {
  std::vector<segment::MemRow> rows;
  for (int i = 0; i < count; ++i) {
    rows.push_back(
        row("a", i, fmt::format("line {} status={}", i, i % 10 == 0 ? 500 : 200), static_cast<std::uint64_t>(i)));
  }
  return rows;
}

TEST_F(QueryEngineTest, CountsReadNoText) {
  use(minute_rows(600), 50);
  const auto result = run(R"(sum by (job) (count_over_time({job="a"}[1m])))");
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(part_->read_lines);
  EXPECT_FALSE(part_->read_positions);
  EXPECT_EQ(result->stats.lines_processed, 600U);
  EXPECT_EQ(result->stats.bytes_processed, 0U);
}

TEST_F(QueryEngineTest, LabelFiltersReadNoText) {
  use(minute_rows(600), 50);
  ASSERT_TRUE(run(R"(rate({job="a"} | level="x" [1m]))").ok());
  EXPECT_FALSE(part_->read_lines);
  ASSERT_TRUE(run(R"(rate({job="a"} |= "x" [1m]))").ok());
  EXPECT_TRUE(part_->read_lines);
}

TEST_F(QueryEngineTest, ALimitEndsTheScan) {
  use(minute_rows(3000), 10);
  auto limited = request(R"({job="a"})");
  limited.limit = 5;
  const auto result = run(limited);
  ASSERT_TRUE(result.ok());
  const auto& streams = std::get<core::LogResult>(result->data);
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0].entries.front().line, "line 2999 status=200");
  EXPECT_EQ(streams[0].entries.size(), 5U);
  EXPECT_LE(part_->reads, 3);
  limited.direction = core::Direction::kForward;
  part_->reads = 0;
  EXPECT_EQ(std::get<core::LogResult>(run(limited)->data)[0].entries.front().line, "line 0 status=500");
  EXPECT_LE(part_->reads, 3);
}

TEST_F(QueryEngineTest, OnlyBlocksInRangeAreRead) {
  use(minute_rows(3000), 10);
  auto narrow = request(R"(count_over_time({job="a"}[10s]))");
  narrow.instant = true;
  narrow.end = at(1009);
  const auto result = run(narrow);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(std::get<core::VectorResult>(result->data).series[0].samples[0].value, 10);
  EXPECT_EQ(part_->reads, 1);
  EXPECT_EQ(result->stats.blocks_read, 1U);
}

TEST_F(QueryEngineTest, StreamsThatAreNotSelectedAreNotRead) {
  std::vector<segment::MemRow> rows;
  for (const char* job : {"a", "b", "c"}) {
    for (int i = 0; i < 100; ++i) rows.push_back(row(job, i, "x", static_cast<std::uint64_t>(i)));
  }
  use(std::move(rows), 10);
  ASSERT_TRUE(run(R"(count_over_time({job="b"}[1m]))").ok());
  EXPECT_EQ(part_->reads, 10);
  const auto none = run(R"({job="d"})");
  EXPECT_EQ(part_->reads, 10);
  EXPECT_EQ(none->stats.parts_skipped, 1U);
}

TEST_F(QueryEngineTest, DamagedBlocksAreLeftOutAndNamed) {
  use(minute_rows(100), 10);
  part_->broken = {3};
  const auto counted = run(R"(sum(count_over_time({job="a"}[1h])))");
  ASSERT_TRUE(counted.ok());
  EXPECT_THAT(counted->stats.unreadable, ElementsAre(HasSubstr("part=part block=3: checksum")));
  auto instant = request(R"(sum(count_over_time({job="a"}[2h])))");
  instant.instant = true;
  EXPECT_EQ(std::get<core::VectorResult>(run(instant)->data).series[0].samples[0].value, 90);
  const core::RowQuery rows = row_query(R"({job="a"})");
  auto cursor = base::sync_wait(executor_, engine().rows(rows));
  ASSERT_TRUE(cursor.ok());
  EXPECT_EQ(base::sync_wait(executor_, (*cursor)->next())->size(), 90U);
  EXPECT_EQ((*cursor)->stats().unreadable.size(), 1U);
}

TEST_F(QueryEngineTest, AStoreThatIsAwayIsAnError) {
  use(minute_rows(100), 10);
  part_->broken = {3};
  part_->broken_with = base::unavailable_error("no route to the store");
  EXPECT_EQ(run(R"(sum(count_over_time({job="a"}[1h])))").status().code(), base::StatusCode::kUnavailable);
  const core::RowQuery rows = row_query(R"({job="a"})");
  auto cursor = base::sync_wait(executor_, engine().rows(rows));
  EXPECT_EQ(base::sync_wait(executor_, (*cursor)->next()).status().code(), base::StatusCode::kUnavailable);
  EXPECT_TRUE(base::sync_wait(executor_, (*cursor)->next())->empty());
}

TEST_F(QueryEngineTest, CancellingEndsAQuery) {
  use(minute_rows(1000), 10);
  core::QueryRequest cancelled = request(R"({job="a"} |= "nothing has this")");
  part_->on_read = [this, cancelled]() mutable {
    if (part_->reads == 5) cancelled.cancel.cancel();
  };
  EXPECT_EQ(run(cancelled).status().code(), base::StatusCode::kCancelled);
  EXPECT_EQ(part_->reads, 5);
}

TEST_F(QueryEngineTest, TheTimeoutEndsAQueryButNotACursor) {
  use(minute_rows(1000), 10);
  options_.limits.query_timeout = std::chrono::seconds(10);
  part_->delay = std::chrono::seconds(1);
  const auto timed_out = run(R"({job="a"} |= "line 10")");
  ASSERT_TRUE(timed_out.ok()) << timed_out.status();
  EXPECT_EQ(part_->reads, 11);
  EXPECT_TRUE(timed_out->partial);
  EXPECT_THAT(timed_out->warnings, ElementsAre(HasSubstr("request timed out after 10s")));
  const auto counted = run(R"(sum(count_over_time({job="a"}[1h])))");
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_TRUE(counted->partial);
  EXPECT_GT(std::get<core::MatrixResult>(counted->data).series.size(), 0U);
  const core::RowQuery rows = row_query(R"({job="a"} |= "line 5 ")");
  auto cursor = base::sync_wait(executor_, engine().rows(rows));
  EXPECT_EQ(base::sync_wait(executor_, (*cursor)->next())->size(), 1U);
}

TEST_F(QueryEngineTest, MemoryIsBounded) {
  use(minute_rows(1000), 10);
  options_.limits.query_memory_bytes_max = 1 << 20;
  {
    const auto spent = run(R"(sum(quantile_over_time(0.5, {job="a"} | logfmt | unwrap status [1h])))");
    ASSERT_TRUE(spent.ok()) << spent.status();
    EXPECT_TRUE(spent->partial);
    EXPECT_THAT(spent->warnings, ElementsAre(HasSubstr("memory budget of query is spent")));
  }
  EXPECT_EQ(memory_.used(), 0U);
}

// Ten million values of series and steps in a budget of 16 MiB: what fits is given, and the memory taken stays inside.
TEST_F(QueryEngineTest, ManySeriesAndStepsStayInTheBudget) {
  std::vector<segment::MemRow> rows;
  for (int i = 0; i < 10'000; ++i) rows.push_back(row(fmt::format("job-{:05}", i), i % 3600, "x"));
  use(std::move(rows), 1000);
  options_.limits.query_memory_bytes_max = 16 << 20;
  auto wide = request(R"(count by (x) (count_over_time({job=~".+"}[1m])))");
  wide.step = std::chrono::milliseconds(3600);
  const auto counted = run(wide);
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_TRUE(counted->partial);
  EXPECT_THAT(counted->warnings, ElementsAre(::testing::AllOf(HasSubstr("memory budget of query is spent"),
                                                              HasSubstr("budget_bytes=16777216"))));
  const core::MatrixResult& matrix = std::get<core::MatrixResult>(counted->data);
  ASSERT_EQ(matrix.series.size(), 1U);
  double sum = 0;
  for (const core::Sample& sample : matrix.series[0].samples) sum += sample.value;
  // A row is in 16 or 17 of the windows.
  EXPECT_GT(sum, 500 * 16);
  EXPECT_LT(sum, 10'000 * 16);
  EXPECT_EQ(memory_.used(), 0U);
  // The same without so many steps fits.
  wide.step = std::chrono::minutes(10);
  EXPECT_FALSE(run(wide)->partial);
}

TEST_F(QueryEngineTest, BytesAreBounded) {
  use(minute_rows(1000), 10);
  options_.limits.query_bytes_read_max = 2000;
  const auto stopped = run(R"({job="a"} |= "status=500")");
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_TRUE(stopped->partial);
  EXPECT_THAT(stopped->warnings, ElementsAre(HasSubstr("the query would read too many bytes (query: 2")));
  EXPECT_LT(stopped->stats.bytes_processed, 3000U);
  // The newest lines were looked at first.
  const auto& streams = std::get<core::LogResult>(stopped->data);
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0].entries[0].line, "line 990 status=500");
  options_.limits.query_bytes_read_max = 1 << 20;
  engine_ = nullptr;
  EXPECT_FALSE(run(R"({job="a"} |= "status=500")")->partial);
}

TEST_F(QueryEngineTest, TooManySeriesCanBeCut) {
  std::vector<segment::MemRow> rows;
  for (int i = 0; i < 501; ++i) rows.push_back(row(fmt::format("job-{:03}", i), 1, "x"));
  use(std::move(rows), 100);
  core::QueryRequest cut = request(R"(count_over_time({job=~".+"}[1m]))");
  cut.cut_series = true;
  const auto result = run(cut);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(std::get<core::MatrixResult>(result->data).series.size(), 500U);
  EXPECT_THAT(result->warnings, ElementsAre(HasSubstr("maximum number of series (500) reached for a single query")));
}

TEST_F(QueryEngineTest, LimitsHaveLokisTexts) {
  std::vector<segment::MemRow> rows;
  for (int i = 0; i < 501; ++i) rows.push_back(row(fmt::format("job-{:03}", i), 1, "x"));
  use(std::move(rows), 100);
  const auto series = run(R"(count_over_time({job=~".+"}[1m]))");
  EXPECT_EQ(series.status().code(), base::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(base::message_of(series.status())),
              HasSubstr("maximum number of series (500) reached for a single query"));
  EXPECT_TRUE(run(R"(sum(count_over_time({job=~".+"}[1m])))").ok());

  auto fine = request(R"(rate({job="job-001"}[1m]))");
  fine.step = std::chrono::milliseconds(300);
  EXPECT_THAT(std::string(base::message_of(run(fine).status())),
              HasSubstr("exceeded maximum resolution of 11,000 points per time series"));
  fine.step = base::nanoseconds(0);
  EXPECT_THAT(std::string(base::message_of(run(fine).status())), HasSubstr("zero or negative query resolution"));

  auto many = request(R"({job="job-001"})");
  many.limit = 10000;
  EXPECT_THAT(std::string(base::message_of(run(many).status())), HasSubstr("(10000 > 5000)"));
  auto instant = request(R"({job="job-001"})");
  instant.instant = true;
  EXPECT_THAT(std::string(base::message_of(run(instant).status())),
              HasSubstr("log queries are not supported as an instant query type"));
}

TEST_F(QueryEngineTest, LengthAndLookbackAreLimitedWhenAsked) {
  use(minute_rows(3600), 100);
  options_.limits.query_length_max = std::chrono::minutes(30);
  EXPECT_THAT(std::string(base::message_of(run(R"({job="a"})").status())),
              HasSubstr("the query time range exceeds the limit (query length: 1h0m0s, limit: 30m)"));
  engine_.reset();
  options_.limits = {};
  options_.limits.query_lookback_max = executor_.clock().now() - at(3600) + std::chrono::seconds(605);
  options_.limits.entries_per_query_max = 5000;
  const auto entries = [&](core::QueryRequest request) {
    request.limit = 5000;
    std::size_t count = 0;
    const auto result = run(std::move(request));
    for (const core::LogStream& stream : std::get<core::LogResult>(result->data)) count += stream.entries.size();
    return count;
  };
  EXPECT_EQ(entries(request(R"({job="a"})")), 605U);
  auto old = request(R"({job="a"})");
  old.end = at(2000);
  EXPECT_EQ(entries(old), 0U);
  // Steps stay where they were.
  const auto counts = run(R"(count_over_time({job="a"}[1m]))");
  ASSERT_TRUE(counts.ok());
  const core::Series& series = std::get<core::MatrixResult>(counts->data).series.at(0);
  EXPECT_EQ(series.samples.front().time, at(3000));
  EXPECT_EQ(series.samples.size(), 11U);
  auto instant = request(R"(count_over_time({job="a"}[1m]))");
  instant.instant = true;
  instant.start = instant.end = at(100);
  EXPECT_TRUE(std::get<core::VectorResult>(run(instant)->data).series.empty());
  core::SeriesRequest labels;
  labels.range = {at(0), at(2000)};
  EXPECT_TRUE(base::sync_wait(executor_, engine().label_names(labels))->empty());
}

TEST_F(QueryEngineTest, PipelineErrorsFailMetricQueries) {
  use({row("a", 1, "not json")}, 10);
  const auto failed = run(R"(count_over_time({job="a"} | json [1m]))");
  EXPECT_EQ(failed.status().code(), base::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(base::message_of(failed.status())),
              HasSubstr("pipeline error: 'JSONParserErr' for series: '{"));
  EXPECT_TRUE(run(R"(count_over_time({job="a"} | json | __error__="" [1m]))").ok());
}

TEST_F(QueryEngineTest, MistakesInStagesAreSeenOnlyWhereThereIsData) {
  use({row("a", 1, "x")}, 10);
  EXPECT_EQ(run(R"(count_over_time({job="a"} |= ip("nonsense") [1m]))").status().code(),
            base::StatusCode::kInvalidArgument);
  EXPECT_TRUE(run(R"(count_over_time({job="b"} |= ip("nonsense") [1m]))").ok());
  EXPECT_TRUE(run(R"({job="b"} |= ip("nonsense"))").ok());
  EXPECT_EQ(run(R"({job="a"} |= ip("nonsense"))").status().code(), base::StatusCode::kInvalidArgument);
}

TEST_F(QueryEngineTest, EqualRangesAreReadOnce) {
  use(minute_rows(100), 10);
  ASSERT_TRUE(run(R"(sum(rate({job="a"}[1m])) / sum(rate({job="a"}[1m])))").ok());
  EXPECT_EQ(part_->reads, 10);
  EXPECT_EQ(provider_->asked(), 1);
}

TEST_F(QueryEngineTest, SeriesAndLabelsComeFromTheStreamTable) {
  use({row("a", 1, "x"), row("b", 2, "yy"), row("b", 3, "z", 1)}, 10);
  core::SeriesRequest request{.tenant = {}, .selectors = {R"({job="b"})"}, .range = {at(0), at(10)}};
  const auto series = base::sync_wait(executor_, engine().series(request));
  ASSERT_EQ(series->size(), 1U);
  EXPECT_EQ((*series)[0].to_text(), R"({job="b"})");
  EXPECT_THAT(*base::sync_wait(executor_, engine().label_values({{}, {}, {at(0), at(10)}}, "job")),
              ElementsAre("a", "b"));
  EXPECT_THAT(*base::sync_wait(executor_, engine().label_values({{}, {}, {at(2), at(10)}}, "job")), ElementsAre("b"));
  EXPECT_THAT(*base::sync_wait(executor_, engine().label_names({{}, {}, {at(0), at(10)}})), ElementsAre("job"));
  const auto stats = base::sync_wait(executor_, engine().index_stats(request));
  EXPECT_EQ(stats->streams, 1U);
  EXPECT_EQ(stats->chunks, 1U);
  EXPECT_EQ(stats->entries, 2U);
  EXPECT_EQ(stats->bytes, 3U);
  EXPECT_EQ(part_->reads, 0);
  request.selectors = {"{job=}"};
  EXPECT_EQ(base::sync_wait(executor_, engine().series(request)).status().code(), base::StatusCode::kInvalidArgument);
}

// Real threads, for the sanitizers.
TEST(QueryEngineThreadsTest, ManyQueriesAtOnce) {
  base::ThreadExecutor executor({.threads = 4});
  base::MemoryBudget memory("test", 1 << 30);
  std::vector<std::shared_ptr<const segment::Part>> parts;
  for (int i = 0; i < 4; ++i) {
    std::vector<segment::MemRow> rows;
    for (int second = i; second < 2000; second += 4) {
      rows.push_back(row(second % 3 == 0 ? "a" : "b", second, fmt::format("level=info took={}", second),
                         static_cast<std::uint64_t>(second)));
    }
    parts.push_back(segment::make_mem_part(fmt::format("part-{}", i), std::move(rows), 37));
  }
  FixedParts provider(parts);
  EngineOptions options{.limits = {}, .parallelism = 4};
  const auto engine = make_query_engine(executor, provider, memory, options);
  for (int round = 0; round < 20; ++round) {
    core::QueryRequest request;
    request.query = R"(sum(sum_over_time({job=~"a|b"} | logfmt | unwrap took [1h])))";
    request.instant = true;
    request.end = at(3000);
    const auto sum = base::sync_wait(executor, engine->run(request));
    ASSERT_TRUE(sum.ok());
    EXPECT_EQ(std::get<core::VectorResult>(sum->data).series[0].samples[0].value, 1999.0 * 2000 / 2);
    request.query = R"({job=~"a|b"} | logfmt)";
    request.instant = false;
    request.start = at(0);
    request.limit = 100;
    const auto logs = base::sync_wait(executor, engine->run(request));
    ASSERT_TRUE(logs.ok());
    std::size_t entries = 0;
    for (const auto& stream : std::get<core::LogResult>(logs->data)) entries += stream.entries.size();
    EXPECT_EQ(entries, 100U);
  }
  EXPECT_EQ(memory.used(), 0U);
}

}  // namespace
}  // namespace cordwood::query
