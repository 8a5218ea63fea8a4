#include <random>

#include "segment/mem_part.h"
#include "store/compact/merge.h"
#include "store/compact/plan.h"
#include "store/flush/days.h"
#include "store/store_testing.h"

namespace cordwood::store {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

catalog::PartRow part_of(std::uint64_t id, std::uint64_t raw_bytes, std::uint32_t level = 1) {
  catalog::PartRow row;
  row.id = {id};
  row.raw_bytes = raw_bytes;
  row.stored_bytes = raw_bytes / 8;
  row.level = level;
  row.times = {{static_cast<std::int64_t>(id)}, {static_cast<std::int64_t>(id) + 1}};
  return row;
}

TEST(Days, AreUtcDaysOfAnyTime) {
  EXPECT_EQ(day_of({0}), 0);
  EXPECT_EQ(day_of({-1}), -1);
  EXPECT_EQ(day_of({86'400'000'000'000 - 1}), 0);
  EXPECT_EQ(day_of({86'400'000'000'000}), 1);
  EXPECT_EQ(end_of_day(0).value, 86'400'000'000'000);
  EXPECT_EQ(end_of_day(day_of(core::UnixNanos::max())), core::UnixNanos::max());
  EXPECT_EQ(day_of(end_of_day(day_of(core::UnixNanos::min()))), day_of(core::UnixNanos::min()) + 1);
  EXPECT_EQ(day_name(0), "1970-01-01");
  EXPECT_EQ(day_name(20'780), "2026-11-23");
}

TEST(CompactionPlan, MergesSegmentsOfSimilarSizeInTheBackground) {
  std::vector<catalog::PartRow> parts;
  for (std::uint64_t i = 1; i <= 3; ++i) parts.push_back(part_of(i, 60 * kMiB));
  parts.push_back(part_of(9, 500 * kMiB, 2));
  EXPECT_TRUE(plan_background(parts, {}, false).empty());
  parts.push_back(part_of(4, 50 * kMiB));
  const Inputs inputs = plan_background(parts, {}, false);
  ASSERT_EQ(inputs.size(), 4U);
  for (const auto& input : inputs) EXPECT_LT(input.raw_bytes, 100 * kMiB) << "the large one stays alone";
  EXPECT_TRUE(plan_background(parts, {}, true).empty()) << "not urgent";
  parts.clear();
  for (std::uint64_t i = 1; i <= 7; ++i) parts.push_back(part_of(i, 1000));
  EXPECT_TRUE(plan_background(parts, {}, false).empty());
  parts.push_back(part_of(8, 1000));
  EXPECT_EQ(plan_background(parts, {}, false).size(), 8U);
}

TEST(CompactionPlan, RewritesAByteThreeTimesAtMostInTheBackground) {
  std::vector<catalog::PartRow> parts;
  std::uint64_t next = 1;
  std::uint64_t written = 0;
  const std::uint64_t flushes = 1000;
  for (std::uint64_t i = 0; i < flushes; ++i) {
    parts.push_back(part_of(next++, 45 * kMiB));
    for (Inputs inputs = plan_background(parts, {}, false); !inputs.empty();
         inputs = plan_background(parts, {}, false)) {
      std::uint64_t raw = 0;
      for (const auto& input : inputs) {
        raw += input.raw_bytes;
        std::erase_if(parts, [&input](const auto& part) { return part.id == input.id; });
      }
      EXPECT_LE(raw, CompactionLimits{}.raw_bytes_max);
      written += raw;
      parts.push_back(part_of(next++, raw, 2));
    }
  }
  EXPECT_LE(written, 3 * flushes * 45 * kMiB);
  EXPECT_LT(parts.size(), flushes / 8);
}

TEST(CompactionPlan, EndsWhenEverythingIsMerged) {
  std::mt19937_64 dice(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<catalog::PartRow> parts;
    std::uint64_t next = 1;
    for (std::uint64_t i = 0; i < dice() % 100; ++i) parts.push_back(part_of(next++, 1 + dice() % (400 * kMiB)));
    int steps = 0;
    for (Inputs inputs = plan_full(parts, {}); !inputs.empty(); inputs = plan_full(parts, {})) {
      ASSERT_LT(++steps, 1000);
      EXPECT_LE(inputs.size(), kMergeFanInMax);
      catalog::PartRow out = part_of(inputs.front().id.value, 0, 2);
      for (const auto& input : inputs) {
        out.raw_bytes += input.raw_bytes;
        out.stored_bytes += input.stored_bytes;
        std::erase_if(parts, [&input](const auto& part) { return part.id == input.id; });
      }
      parts.push_back(out);
    }
    for (const auto& part : parts) EXPECT_EQ(part.level, 2U);
  }
}

segment::MemRow random_row(std::mt19937_64& dice) {
  segment::MemRow row;
  row.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"job", std::to_string(dice() % 9)}});
  row.time = {static_cast<std::int64_t>(dice() % 100)};
  row.line = std::string(dice() % 20, static_cast<char>('a' + dice() % 26));
  row.source = {{{0, dice() % 5}}, dice() % 2 == 0};
  row.source.generation.value.hi = row.source.named ? 1 : 0;
  row.offset = dice() % 1000;
  if (dice() % 3 == 0) row.metadata.push_back({"k", std::to_string(dice() % 10)});
  return row;
}

TEST(MergeParts, GivesTheRowsOfAllInOrder) {
  base::SimExecutor executor(1);
  std::mt19937_64 dice(7);
  for (int round = 0; round < 40; ++round) {
    std::vector<std::shared_ptr<const segment::Part>> parts;
    std::vector<segment::MemRow> wanted;
    for (std::uint64_t i = 0; i < 1 + dice() % 6; ++i) {
      std::vector<segment::MemRow> rows;
      for (std::uint64_t k = 0; k < 1 + dice() % 200; ++k) rows.push_back(random_row(dice));
      wanted.insert(wanted.end(), rows.begin(), rows.end());
      parts.push_back(segment::make_mem_part("part", std::move(rows), 1 + static_cast<std::uint32_t>(dice() % 50)));
    }
    auto bytes = std::make_shared<std::string>();
    segment::StringSink sink(*bytes);
    segment::SegmentWriter writer(sink, {});
    ASSERT_TRUE(base::sync_wait(executor, merge_parts(executor, std::move(parts), writer)).ok());
    ASSERT_TRUE(writer.finish().ok());
    std::shared_ptr<const std::string> object = bytes;
    auto part =
        *base::sync_wait(executor, segment::open_segment(std::make_shared<segment::MemoryByteSource>("m", object)));
    std::vector<segment::MemRow> got = *base::sync_wait(executor, segment::read_all_rows(part));
    // Rows that agree in everything the order looks at may come in any order.
    const auto key = [](const segment::MemRow& row) {
      return std::tuple(row.labels->to_text(), row.time, row.source.generation, row.offset, row.line,
                        row.metadata.empty() ? "" : row.metadata[0].value);
    };
    const auto less = [&key](const auto& a, const auto& b) { return key(a) < key(b); };
    std::sort(wanted.begin(), wanted.end(), less);
    std::vector<segment::MemRow> sorted = got;
    std::sort(sorted.begin(), sorted.end(), less);
    EXPECT_EQ(sorted, wanted);
    std::vector<segment::MemRow> in_order = got;
    segment::sort_rows(in_order);
    EXPECT_EQ(got, in_order);
  }
}

TEST(Compaction, LeavesTheSameRowsInOneSegmentADay) {
  World world;
  world.options.background_compaction = false;
  world.open();
  for (int i = 0; i < 30; ++i) {
    std::string body;
    for (int k = 0; k < 20; ++k)
      body += line_at(fmt::format("s{}", k % 4), (i % 2) * 86'400 + k * 7 + i, fmt::format("{}-{}", i, k));
    ASSERT_TRUE(world.append(body).ok());
    ASSERT_TRUE(world.run(world.store->flush()).ok());
  }
  const auto before = world.rows();
  EXPECT_EQ(world.status().parts, 30U);
  const std::uint64_t stored = world.status().stored_bytes;
  ASSERT_TRUE(world.run(world.store->compact()).ok());
  EXPECT_EQ(world.status().parts, 2U);
  EXPECT_LT(world.status().stored_bytes, stored);
  EXPECT_EQ(world.status().records, 600U);
  EXPECT_EQ(world.rows(), before);
  world.crash();
  world.open();
  EXPECT_EQ(world.rows(), before);
  ASSERT_TRUE(world.run(world.store->compact()).ok());
  EXPECT_EQ(world.status().parts, 2U) << "nothing is left to merge";
}

TEST(Compaction, LeavesADamagedSegmentAlone) {
  World world;
  world.options.background_compaction = false;
  world.open();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(
        world.append(line_at("a", i, fmt::format("{}", i)) + line_at("a", i + 86'400, "x" + std::to_string(i))).ok());
    ASSERT_TRUE(world.run(world.store->flush()).ok());
  }
  auto snapshot = *world.run(world.store->snapshot(core::TenantId::default_tenant(), {}));
  std::string key = snapshot.segments[0].object_key;
  ASSERT_TRUE(world.run(world.objects->put(key, std::make_shared<const std::string>("damaged"))).ok());
  EXPECT_FALSE(world.run(world.store->compact()).ok());
  EXPECT_EQ(world.status().parts, 5U) << "the other day is merged, this one is as it was";
  EXPECT_EQ(world.status().records, 8U);
}

TEST(Compaction, MergesInTheBackgroundAfterFlushes) {
  World world;
  world.open();
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(world.append(line_at("a", i, fmt::format("{}", i))).ok());
    ASSERT_TRUE(world.run(world.store->flush()).ok());
  }
  world.executor.now->run_for(std::chrono::minutes(1));
  EXPECT_LT(world.status().parts, 4U);
  EXPECT_EQ(world.lines().size(), 9U);
}

}  // namespace
}  // namespace cordwood::store
