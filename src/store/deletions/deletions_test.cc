// Deletion by selector, filter and range: hidden at once, gone from storage soon after, and never more than was meant.
#include "store/store_testing.h"

namespace cordwood::store {
namespace {

using Lines = std::vector<std::string>;

class Deletions : public ::testing::Test {
 protected:
  void SetUp() override {
    world.options.background_compaction = false;
    world.open();
  }
  std::string erase(const std::string& query, core::TimeRange range = {}) {
    auto id = world.run(world.store->request_deletion({core::TenantId::default_tenant(), query, range}));
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : "";
  }
  core::DeletionStatus status_of(const std::string& id) {
    const auto all = *world.run(world.store->deletions(core::TenantId::default_tenant()));
    for (const auto& one : all) {
      if (one.id == id) return one;
    }
    ADD_FAILURE() << "no deletion " << id;
    return {};
  }
  void add(std::string_view stream, std::int64_t seconds, std::string_view text) {
    ASSERT_TRUE(world.append(line_at(stream, seconds, text)).ok());
  }
  bool compact() { return world.run(world.store->compact()).ok(); }
  bool flush() { return world.run(world.store->flush()).ok(); }
  World world;
};

TEST_F(Deletions, HideAtOnceWhereverTheRowsAreAndRemoveThemSoon) {
  add("a", 1, "a secret in a segment");
  add("b", 1, "b secret of another stream");
  add("a", 2, "a plain");
  ASSERT_TRUE(flush());
  add("a", 3, "a secret in the head");
  const std::string id = erase("a secret");
  EXPECT_EQ(world.lines(), (Lines{"a plain", "b secret of another stream"}));
  EXPECT_EQ(status_of(id).state, core::DeletionState::kHidden);
  EXPECT_EQ(status_of(id).parts_waiting, 1U);
  EXPECT_EQ(world.status().deletions_waiting, 1U);
  world.executor.now->run_for(std::chrono::minutes(2));
  EXPECT_EQ(status_of(id).state, core::DeletionState::kRemoved);
  EXPECT_EQ(status_of(id).records_removed, 2U);
  EXPECT_EQ(world.status().records, 2U) << "not only hidden";
  EXPECT_EQ(world.lines(), (Lines{"a plain", "b secret of another stream"}));
  world.executor.now->run_for(std::chrono::hours(1));
  auto objects = *world.run(world.objects->list("segments/", "", 100));
  EXPECT_EQ(objects.objects.size(), world.status().parts) << "the old objects are gone";
}

TEST_F(Deletions, MeanOnlyWhatWasStoredBefore) {
  add("a", 1, "old");
  const std::string id = erase("a");
  add("a", 2, "new");
  EXPECT_EQ(world.lines(), Lines{"new"});
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), Lines{"new"}) << "after replay";
  ASSERT_TRUE(flush());
  EXPECT_EQ(world.lines(), Lines{"new"});
  add("a", 3, "newer");
  ASSERT_TRUE(flush());
  ASSERT_TRUE(compact());
  EXPECT_EQ(world.lines(), (Lines{"new", "newer"}));
  EXPECT_EQ(status_of(id).records_removed, 1U);
}

TEST_F(Deletions, GoByTheRangeAndTheTenant) {
  add("a", 1, "1");
  add("a", 2, "2");
  add("a", 3, "3");
  const core::UnixNanos two{World::kStart + 2'000'000'000};
  erase("a", {two, two + base::nanoseconds(1)});
  EXPECT_EQ(world.lines(), (Lines{"1", "3"}));
  ASSERT_TRUE(world.run(world.store->request_deletion({{"other"}, "a", {}})).ok());
  EXPECT_EQ(world.lines(), (Lines{"1", "3"}));
  ASSERT_TRUE(compact());
  EXPECT_EQ(world.lines(), (Lines{"1", "3"}));
}

TEST_F(Deletions, LeaveNoEmptySegment) {
  add("a", 1, "1");
  add("a", 2, "2");
  ASSERT_TRUE(flush());
  add("a", 100'000, "in the head");
  erase("a");
  ASSERT_TRUE(compact());
  EXPECT_EQ(world.status().parts, 0U);
  EXPECT_EQ(world.lines(), Lines{});
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), Lines{});
}

TEST_F(Deletions, StayHiddenOverARestart) {
  add("a", 1, "1");
  ASSERT_TRUE(flush());
  add("a", 2, "2");
  const std::string id = erase("a");
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), Lines{});
  EXPECT_EQ(status_of(id).state, core::DeletionState::kHidden);
  ASSERT_TRUE(compact());
  EXPECT_EQ(status_of(id).state, core::DeletionState::kRemoved);
  world.crash();
  world.open();
  EXPECT_EQ(status_of(id).records_removed, 2U);
  add("a", 3, "3");
  EXPECT_EQ(world.lines(), Lines{"3"});
}

TEST_F(Deletions, CanBeCancelledUntilTheRemovalBegins) {
  add("a", 1, "1");
  ASSERT_TRUE(flush());
  const std::string id = erase("a");
  EXPECT_EQ(world.lines(), Lines{});
  EXPECT_EQ(world.run(world.store->cancel_deletion({"other"}, id)).code(), base::StatusCode::kNotFound);
  EXPECT_EQ(world.run(world.store->cancel_deletion(core::TenantId::default_tenant(), "x")).code(),
            base::StatusCode::kNotFound);
  EXPECT_TRUE(world.run(world.store->cancel_deletion(core::TenantId::default_tenant(), id)).ok());
  EXPECT_EQ(world.lines(), Lines{"1"});
  const std::string again = erase("a");
  ASSERT_TRUE(compact());
  EXPECT_EQ(world.run(world.store->cancel_deletion(core::TenantId::default_tenant(), again)).code(),
            base::StatusCode::kFailedPrecondition);
}

TEST_F(Deletions, AreRefusedWhenTheyAreNoQuery) {
  auto id = world.run(world.store->request_deletion({core::TenantId::default_tenant(), "", {}}));
  EXPECT_EQ(id.status().code(), base::StatusCode::kInvalidArgument);
}

TEST_F(Deletions, DoNotStopAtADamagedSegment) {
  add("a", 1, "1");
  ASSERT_TRUE(flush());
  auto snapshot = *world.run(world.store->snapshot(core::TenantId::default_tenant(), {}));
  std::string key = snapshot.segments[0].object_key;
  ASSERT_TRUE(world.run(world.objects->put(key, std::make_shared<const std::string>("damaged"))).ok());
  const std::string id = erase("a");
  EXPECT_FALSE(compact());
  EXPECT_EQ(status_of(id).state, core::DeletionState::kHidden);
  auto report = world.run(world.store->verify());
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->faults.size(), 1U);
  EXPECT_NE(report->faults[0].find(key), std::string::npos);
}

}  // namespace
}  // namespace cordwood::store
