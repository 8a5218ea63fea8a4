// What stands for rows, results kept of blocks and rollups of minutes, against the rows themselves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/sim_executor.h"
#include "logql/parse.h"
#include "objectstore/mem/mem_store.h"
#include "query/differential_testing.h"
#include "query/fixed_parts.h"
#include "query/segment_cache.h"

namespace cordwood::query {
namespace {

constexpr std::int64_t kMinute = 60 * kSecond;

// Parts as the product has them: segments behind the cache, and a head.
class StoredWorld {
 public:
  explicit StoredWorld(std::uint64_t seed) : executor_(seed) {}

  // Some lots as segments, some as heads, which neither keep nor have rollups.
  void store(const std::vector<segment::MemRow>& rows, Generator& random, bool with_heads) {
    std::vector<std::vector<segment::MemRow>> lots(1 + random.below(5));
    for (const segment::MemRow& row : rows) lots[random.below(lots.size())].push_back(row);
    for (std::vector<segment::MemRow>& lot : lots) {
      if (lot.empty()) continue;
      std::string name = fmt::format("part-{}", parts_.size());
      const auto block_rows = static_cast<std::uint32_t>(1 + random.below(60));
      if (with_heads && random.below(4) == 0) {
        parts_.push_back(segment::make_mem_part(std::move(name), std::move(lot), block_rows));
      } else {
        parts_.push_back(stored(name, std::move(lot), block_rows));
      }
    }
    provider_ = std::make_unique<FixedParts>(parts_);
  }
  void make_engine(EngineOptions options) {
    engine_ = make_query_engine(executor_, *provider_, memory_, std::move(options));
  }
  base::StatusOr<core::QueryResult> run(core::QueryRequest request) {
    return base::sync_wait(executor_, engine_->run(std::move(request)));
  }
  template <typename T>
  T get(base::Task<base::StatusOr<T>> task) {
    auto result = base::sync_wait(executor_, std::move(task));
    EXPECT_TRUE(result.ok());
    return *std::move(result);
  }
  core::QueryRunner& engine() { return *engine_; }
  std::size_t memory_used() const { return memory_.used(); }

 private:
  std::shared_ptr<const segment::Part> stored(const std::string& name, std::vector<segment::MemRow> rows,
                                              std::uint32_t block_rows) {
    segment::sort_rows(rows);
    auto bytes = std::make_shared<std::string>();
    segment::StringSink sink(*bytes);
    segment::WriterOptions options;
    options.block_rows_max = block_rows;
    EXPECT_TRUE(segment::write_rows(rows, sink, options).ok());
    catalog::PartRow row;
    row.object_key = name;
    row.stored_bytes = bytes->size();
    EXPECT_TRUE(base::sync_wait(executor_, objects_.put(name, bytes)).ok());
    auto part = base::sync_wait(executor_, cache_.open(row));
    EXPECT_TRUE(part.ok()) << base::message_of(part.status());
    return *part;
  }

  base::SimExecutor executor_;
  objectstore::MemStore objects_{executor_};
  SegmentCache cache_{executor_, objects_};
  base::MemoryBudget memory_{"test", 1 << 30};
  std::vector<std::shared_ptr<const segment::Part>> parts_;
  std::unique_ptr<FixedParts> provider_;
  std::unique_ptr<core::QueryRunner> engine_;
};

void expect_as_reference(StoredWorld& world, const core::QueryRequest& request,
                         const std::vector<segment::MemRow>& rows, core::QueryStats& stats) {
  const auto query = logql::parse(request.query);
  ASSERT_TRUE(query.ok()) << request.query;
  const auto grid = request.instant ? exec::StepGrid{request.end, base::nanoseconds(0), 1}
                                    : exec::StepGrid::make(request.start, request.end, request.step);
  const auto want = exec::reference_metric(query->metric(), rows, grid, request.end);
  const auto got = world.run(request);
  ASSERT_EQ(got.ok(), want.ok()) << request.query << "\n" << base::message_of(got.status());
  ASSERT_EQ(world.memory_used(), 0U);
  if (!got.ok()) return;
  const Points a = points_of(*got);
  const Points b = points_of(*want, grid);
  ASSERT_TRUE(same_points(a, b)) << request.query << "\ngot\n" << describe(a) << "want\n" << describe(b);
  stats.blocks_asked += got->stats.blocks_asked;
  stats.blocks_remembered += got->stats.blocks_remembered;
  stats.blocks_read += got->stats.blocks_read;
}

// A dashboard: the same few queries again and again, while time moves on and people zoom.
TEST(RememberedTest, SameAnswersAgain) {
  core::QueryStats stats;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Generator random(seed + 333);
    const auto rows = random.rows();
    StoredWorld world(seed);
    world.store(rows, random, true);
    EngineOptions options = random_options(random);
    options.result_bytes_max = static_cast<std::size_t>(random.number({64 << 10, 1 << 20, 16 << 20}));
    world.make_engine(options);
    std::vector<std::string> queries;
    while (queries.size() < 3) {
      std::string text = random.metric(2);
      if (logql::parse(text).ok()) queries.push_back(std::move(text));
    }
    const base::nanoseconds step = std::chrono::seconds(1 + random.below(50));
    std::int64_t end = kBegin + static_cast<std::int64_t>(200 + random.below(200)) * kSecond;
    for (int round = 0; round < 9; ++round) {
      core::QueryRequest request;
      request.query = queries[random.below(queries.size())];
      request.instant = random.below(4) == 0;
      request.step = step;
      // Mostly on the same grid, as the HTTP door makes it.
      end += static_cast<std::int64_t>(random.below(3)) * step.count();
      const std::int64_t odd = random.below(5) == 0 ? static_cast<std::int64_t>(random.below(1000)) : 0;
      request.end = {end + odd};
      request.start = request.instant ? request.end : request.end - step * static_cast<std::int64_t>(random.below(30));
      request.remembered = random.below(10) != 0;
      ASSERT_NO_FATAL_FAILURE(expect_as_reference(world, request, rows, stats)) << "seed " << seed;
    }
  }
  EXPECT_GT(stats.blocks_remembered, 400U);
  EXPECT_GT(stats.blocks_asked, stats.blocks_remembered);
}

// Rows over half an hour, not on whole seconds, some with the level that their sender knew.
std::vector<segment::MemRow> rows_of_minutes(Generator& random) {
  std::vector<segment::MemRow> rows = random.rows();
  for (segment::MemRow& row : rows) {
    row.time = {kBegin + static_cast<std::int64_t>(random.below(30 * 60 * 4)) * (kSecond / 4)};
    const std::uint64_t kind = random.below(20);
    if (kind > 0 && row.labels->get("host") != "h3") {
      row.metadata.insert(row.metadata.begin(), {"detected_level", random.pick({"info", "error"})});
    }
  }
  return rows;
}

TEST(RememberedTest, RollupsCountAsRows) {
  std::uint64_t without_blocks = 0;
  for (std::uint64_t seed = 0; seed < 250; ++seed) {
    Generator random(seed + 4444);
    const auto rows = rows_of_minutes(random);
    StoredWorld world(seed);
    world.store(rows, random, seed % 2 == 0);
    world.make_engine(random_options(random));
    core::QueryRequest request;
    const std::string window = random.pick({"[1m]", "[2m]", "[5m]", "[10m] offset 3m", "[90s]"});
    const std::string log = random.selector() + random.pick({"", "", " | drop __error__", R"( |= "needle")"});
    const std::string range = fmt::format(
        "{}({} {})", random.pick({"count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time"}), log,
        window);
    const std::string group =
        random.pick({"sum", "sum by (job)", "sum by (host, detected_level)", "sum by (detected_level)",
                     "sum without (host)", "sum by (level)", "max by (job, trace)"});
    request.query = random.below(6) == 0 ? range : fmt::format("{} ({})", group, range);
    request.step = std::chrono::seconds(random.number({60, 120, 300, 45}));
    // One nanosecond before a minute, as the native histogram asks; sometimes elsewhere.
    const std::int64_t odd = random.below(4) == 0 ? static_cast<std::int64_t>(random.below(3)) : -1;
    request.start = {kBegin + static_cast<std::int64_t>(random.below(20)) * kMinute + odd};
    request.end = request.start + std::chrono::seconds(random.below(1800));
    core::QueryStats stats;
    ASSERT_NO_FATAL_FAILURE(expect_as_reference(world, request, rows, stats)) << "seed " << seed;
    const bool any = rows.size() > 200 && request.query.find("none") == std::string::npos;
    if (any && stats.blocks_read == 0 && request.end - request.start > std::chrono::minutes(5)) ++without_blocks;
  }
  EXPECT_GT(without_blocks, 2U);
}

TEST(RememberedTest, VolumesAndFiguresOfWholeMinutesAreExact) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Generator random(seed + 5555);
    const auto rows = rows_of_minutes(random);
    StoredWorld world(seed);
    world.store(rows, random, false);
    world.make_engine({});
    const std::int64_t first = static_cast<std::int64_t>(random.below(20));
    const core::TimeRange range{{kBegin + first * kMinute},
                                {kBegin + (first + 1 + static_cast<std::int64_t>(random.below(20))) * kMinute}};
    const base::nanoseconds step = std::chrono::minutes(random.number({0, 1, 2, 7}));
    std::map<std::string, std::map<std::int64_t, std::uint64_t>> want;
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    for (const segment::MemRow& row : rows) {
      if (!range.contains(row.time)) continue;
      ++count;
      bytes += row.line.size();
      const std::int64_t at = step.count() == 0 ? 0 : (row.time - range.begin) / step * step.count();
      want[std::string(row.labels->get("job"))][range.begin.value + at] += row.line.size();
    }
    core::VolumeRequest request;
    request.range = range;
    request.step = step;
    request.targets = {"job"};
    std::map<std::string, std::map<std::int64_t, std::uint64_t>> found;
    for (const core::Volume& volume : world.get(world.engine().volumes(request))) {
      for (const auto& [time, sum] : volume.buckets) {
        found[std::string(volume.labels.get("job"))][time.value] += sum;
      }
    }
    ASSERT_EQ(found, want) << "seed " << seed;
    core::SeriesRequest all;
    all.range = range;
    const core::IndexStats figures = world.get(world.engine().index_stats(all));
    ASSERT_EQ(figures.entries, count) << "seed " << seed;
    ASSERT_EQ(figures.bytes, bytes) << "seed " << seed;
  }
}

// Edges inside of minutes: off by at most what lies in those two minutes.
TEST(RememberedTest, FiguresOfAnyRangeAreNear) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Generator random(seed + 6666);
    const auto rows = rows_of_minutes(random);
    StoredWorld world(seed);
    world.store(rows, random, false);
    world.make_engine({});
    const std::int64_t begin = kBegin + static_cast<std::int64_t>(random.below(900)) * kSecond + 7;
    const core::TimeRange range{{begin}, {begin + static_cast<std::int64_t>(1 + random.below(900)) * kSecond}};
    std::uint64_t surely = 0;
    std::uint64_t perhaps = 0;
    const auto minute = [](std::int64_t time) { return time / kMinute; };
    for (const segment::MemRow& row : rows) {
      const std::int64_t of = minute(row.time.value);
      const bool edge = of == minute(range.begin.value) || of == minute(range.end.value);
      if (edge) ++perhaps;
      if (!edge && range.contains(row.time)) ++surely;
    }
    core::SeriesRequest all;
    all.range = range;
    const core::IndexStats figures = world.get(world.engine().index_stats(all));
    // Each stream of each part rounds.
    EXPECT_GE(figures.entries + 30, surely) << "seed " << seed;
    EXPECT_LE(figures.entries, surely + perhaps + 30) << "seed " << seed;
  }
}

}  // namespace
}  // namespace cordwood::query
