// Retention by age and selector, the disk budget, and that a backup keeps every object.
#include "store/retention/expirer.h"
#include "store/store_testing.h"

namespace cordwood::store {
namespace {

using Lines = std::vector<std::string>;

catalog::PartRow part_of(std::uint64_t id, std::string tenant, std::int32_t day, std::uint64_t bytes) {
  catalog::PartRow row;
  row.id = {id};
  row.tenant = {std::move(tenant)};
  row.partition_day = day;
  row.times = {{day * 86'400'000'000'000}, {day * 86'400'000'000'000 + static_cast<std::int64_t>(id)}};
  row.stored_bytes = bytes;
  return row;
}
std::vector<std::uint64_t> ids_of(const std::vector<catalog::PartRow>& parts) {
  std::vector<std::uint64_t> ids;
  for (const auto& part : parts) ids.push_back(part.id.value);
  std::sort(ids.begin(), ids.end());
  return ids;
}
using Ids = std::vector<std::uint64_t>;

TEST(DiskBudget, TakesTheOldestDayOfTheTenantFurthestOverItsShare) {
  const std::vector<catalog::PartRow> parts = {part_of(1, "small", 1, 10), part_of(2, "flood", 5, 50),
                                               part_of(3, "flood", 5, 20), part_of(4, "flood", 6, 60)};
  EXPECT_EQ(ids_of(parts_over_budget(parts, 140)), Ids{});
  EXPECT_EQ(ids_of(parts_over_budget(parts, 139)), (Ids{2, 3})) << "the small tenant keeps its history";
  EXPECT_EQ(ids_of(parts_over_budget(parts, 69)), (Ids{2, 3, 4}));
  EXPECT_EQ(ids_of(parts_over_budget(parts, 0)), (Ids{1, 2, 3, 4}));
}

TEST(DiskBudget, TakesOnlyWhatItMustOfTheLastDay) {
  const std::vector<catalog::PartRow> parts = {part_of(1, "t", 1, 10), part_of(2, "t", 1, 10), part_of(3, "t", 1, 10)};
  EXPECT_EQ(ids_of(parts_over_budget(parts, 20)), Ids{1});
}

class Retention : public ::testing::Test {
 protected:
  void SetUp() override { world.open(); }
  base::Status set(const std::string& selector, base::nanoseconds keep) {
    return world.run(world.store->set_retention({core::TenantId::default_tenant(), selector, keep, 0}));
  }
  void add(std::string_view stream, std::int64_t seconds, std::string_view text) {
    ASSERT_TRUE(world.append(line_at(stream, seconds, text)).ok());
  }
  World world;
};
constexpr base::nanoseconds kDay = std::chrono::hours(24);

TEST_F(Retention, KeepsByAgeAndSelector) {
  ASSERT_TRUE(set("short", kDay).ok());
  ASSERT_TRUE(set("", 10 * kDay).ok());
  add("short", 0, "short now");
  add("short", -2 * 86'400, "short old");
  add("long", -2 * 86'400, "long old");
  add("long", -20 * 86'400, "long ancient");
  ASSERT_TRUE(world.run(world.store->flush()).ok());
  world.executor.now->run_for(std::chrono::minutes(2));
  EXPECT_EQ(world.lines(), (Lines{"long old", "short now"}));
  ASSERT_TRUE(world.run(world.store->compact()).ok());
  world.crash();
  world.open();
  world.executor.now->jump_wall_clock(2 * kDay);
  world.executor.now->run_for(std::chrono::minutes(2));
  EXPECT_EQ(world.lines(), Lines{"long old"}) << "after a merge and a restart";
}

TEST_F(Retention, FollowsTheRuleForTheRestWhenARuleIsGone) {
  ASSERT_TRUE(set("a", kDay).ok());
  add("a", -3 * 86'400, "a old");
  ASSERT_TRUE(world.run(world.store->remove_retention(core::TenantId::default_tenant(), "a")).ok());
  EXPECT_EQ(world.run(world.store->remove_retention(core::TenantId::default_tenant(), "a")).code(),
            base::StatusCode::kNotFound);
  ASSERT_TRUE(world.run(world.store->flush()).ok());
  world.executor.now->run_for(std::chrono::minutes(2));
  EXPECT_EQ(world.lines(), Lines{"a old"});
  ASSERT_TRUE(set("", kDay).ok());
  world.executor.now->run_for(std::chrono::minutes(2));
  EXPECT_EQ(world.lines(), Lines{});
}

TEST_F(Retention, HasAtMostSevenSelectorsATenant) {
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(set("s" + std::to_string(i), kDay).ok());
  EXPECT_EQ(set("one more", kDay).code(), base::StatusCode::kInvalidArgument) << "a filter is no selector";
  EXPECT_EQ(set("s8", kDay).code(), base::StatusCode::kResourceExhausted);
  EXPECT_TRUE(set("s3", 2 * kDay).ok()) << "changed";
  world.crash();
  world.open();
  const auto rules = *world.run(world.store->retention(core::TenantId::default_tenant()));
  ASSERT_EQ(rules.size(), 7U);
  EXPECT_EQ(rules[3].selector, "s3");
  EXPECT_EQ(rules[3].keep, 2 * kDay);
}

TEST_F(Retention, DropsTheOldestWhenTheBudgetIsSpent) {
  world.crash();
  world.options.disk_budget_bytes = 20'000;
  world.open();
  for (int day = 0; day < 30; ++day) {
    std::string text;
    for (int i = 0; i < 900; ++i) text += static_cast<char>('a' + static_cast<char>(world.random.next() % 26));
    add("a", -86'400 * (30 - day), text);
    ASSERT_TRUE(world.run(world.store->flush()).ok());
  }
  add("a", 0, "newest");
  world.executor.now->run_for(std::chrono::minutes(2));
  ASSERT_TRUE(world.run(world.store->flush()).ok());
  world.executor.now->run_for(std::chrono::minutes(2));
  EXPECT_LE(world.status().stored_bytes, 20'000U);
  EXPECT_GT(world.status().records, 2U);
  EXPECT_EQ(world.rows().back().line, "newest");
}

TEST_F(Retention, ABackupKeepsEveryObjectUntilItEnds) {
  add("a", 0, "1");
  ASSERT_TRUE(world.run(world.store->flush()).ok());
  add("a", 1, "2");
  auto backup = world.run(world.store->begin_backup(std::chrono::hours(2)));
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(backup->object_keys.size(), 2U) << "it begins with a flush";
  EXPECT_EQ(world.run(world.store->begin_backup(std::chrono::hours(1))).status().code(),
            base::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(world.run(world.store->compact()).ok());
  world.crash();
  world.open();
  world.executor.now->run_for(std::chrono::hours(1));
  for (const std::string& key : backup->object_keys) EXPECT_TRUE(world.run(world.objects->head(key)).ok());
  EXPECT_TRUE(world.run(world.store->end_backup(backup->id)).ok());
  world.executor.now->run_for(std::chrono::hours(1));
  for (const std::string& key : backup->object_keys) EXPECT_FALSE(world.run(world.objects->head(key)).ok());
  EXPECT_EQ(world.lines(), (Lines{"1", "2"}));
}

}  // namespace
}  // namespace cordwood::store
