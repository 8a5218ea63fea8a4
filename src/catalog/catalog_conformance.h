// What every Catalog must do. Include it from one *_test.cc of a binary and instantiate CatalogConformance.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/sync.h"
#include "catalog/catalog.h"

namespace cordwood::catalog {

// An empty catalog and what it runs on; all go away with it.
struct CatalogUnderTest {
  virtual ~CatalogUnderTest() = default;
  virtual base::Executor& executor() = 0;
  virtual Catalog& catalog() = 0;
  // Closes and opens it again, if it can outlive its process.
  virtual void reopen() = 0;
};
using CatalogFactory = std::function<std::unique_ptr<CatalogUnderTest>()>;

namespace conformance {
using core::UnixNanos;

inline PartRow part(const std::string& key, std::int64_t first, std::int64_t last, const std::string& tenant = "t") {
  PartRow row;
  row.tenant = {tenant};
  row.partition_day = static_cast<std::int32_t>(last / 86'400'000'000'000);
  row.level = 2;
  row.retention_class = 3;
  row.object_key = key;
  row.times = {UnixNanos{first}, UnixNanos{last}};
  row.records = 10;
  row.raw_bytes = UINT64_MAX;
  row.stored_bytes = 1000;
  return row;
}

inline SourceRow source(const std::string& host, std::uint64_t generation, std::uint64_t offset) {
  SourceRow row;
  row.info.id = {{"t"}, host, {{generation, ~generation}}};
  row.info.path = "/var/log/a\xff'b\"\0c";
  row.info.labels = std::make_shared<const core::Labels>(
      std::vector<core::Label>{{"job", "n\"g\\inx\n"}, {"host", host}, {"u", "\u00e4\u4e16"}});
  row.info.ladder = {{64, {1, 2}}, {1024, {3, UINT64_MAX}}, {65536, {UINT64_MAX, 5}}};
  row.info.unit = generation % 2 == 0 ? core::PositionUnit::kBytes : core::PositionUnit::kRecords;
  row.info.base = {5, {7, 8}};
  row.mark = {offset, {9, offset}};
  row.updated = UnixNanos{-5};
  return row;
}

inline void expect_same(const SourceRow& a, const SourceRow& b) {
  EXPECT_EQ(a.info.id, b.info.id);
  EXPECT_EQ(a.info.path, b.info.path);
  EXPECT_EQ(*a.info.labels, *b.info.labels);
  EXPECT_EQ(a.info.ladder, b.info.ladder);
  EXPECT_EQ(a.info.unit, b.info.unit);
  EXPECT_EQ(a.info.base, b.info.base);
  EXPECT_EQ(a.mark, b.mark);
  EXPECT_EQ(a.updated, b.updated);
}

inline std::vector<std::string> keys_of(const std::vector<PartRow>& parts) {
  std::vector<std::string> keys;
  for (const PartRow& row : parts) keys.push_back(row.object_key);
  return keys;
}

inline base::Task<void> commit_and_count(Catalog* catalog, Change change, std::vector<base::StatusCode>* codes,
                                         base::Mutex* mutex) {
  const auto result = co_await catalog->commit(change);
  base::MutexLock lock(*mutex);
  codes->push_back(result.status().code());
}
inline base::Task<void> begin_and_collect(Catalog* catalog, std::set<std::uint64_t>* epochs, base::Mutex* mutex) {
  const auto epoch = co_await catalog->begin_node_epoch("n");
  base::MutexLock lock(*mutex);
  if (epoch.ok()) epochs->insert(*epoch);
}
inline base::Task<void> join(base::TaskGroup* group) {
  co_await group->join();
}
inline base::Task<void> pause(base::Executor* executor) {
  co_await executor->sleep_for(std::chrono::milliseconds(2));
}
}  // namespace conformance

class CatalogConformance : public testing::TestWithParam<CatalogFactory> {
 protected:
  template <typename T>
  T wait(base::Task<T> task) {
    return base::sync_wait(under_test_->executor(), std::move(task));
  }
  Catalog& catalog() { return under_test_->catalog(); }
  base::Executor& executor() { return under_test_->executor(); }
  base::StatusOr<ChangeResult> commit(Change change) { return wait(catalog().commit(std::move(change))); }
  Snapshot snapshot(std::optional<core::TenantId> tenant = std::nullopt, core::TimeRange range = {}) {
    auto found = wait(catalog().snapshot(std::move(tenant), range));
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *std::move(found) : Snapshot{};
  }
  std::vector<std::string> live(std::optional<core::TenantId> tenant = std::nullopt, core::TimeRange range = {}) {
    return conformance::keys_of(snapshot(std::move(tenant), range).parts);
  }
  PartId insert(const PartRow& row) {
    Change change;
    change.insert_parts = {row};
    auto result = commit(change);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() && result->inserted.size() == 1 ? result->inserted[0] : PartId{};
  }
  base::Status remove(std::vector<PartId> parts) {
    Change change;
    change.remove_parts = std::move(parts);
    return commit(change).status();
  }
  std::vector<SourceRow> sources(std::optional<core::TenantId> tenant = std::nullopt,
                                 std::optional<std::string> host = std::nullopt) {
    auto rows = wait(catalog().sources(std::move(tenant), std::move(host)));
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<SourceRow> sorted = rows.ok() ? *rows : std::vector<SourceRow>{};
    std::sort(sorted.begin(), sorted.end(),
              [](const SourceRow& a, const SourceRow& b) { return a.info.id < b.info.id; });
    return sorted;
  }
  Lease acquire(const std::string& holder, std::int64_t now, std::int64_t duration = 100) {
    auto lease = wait(catalog().acquire_lease("l", holder, core::UnixNanos{now}, base::nanoseconds(duration)));
    EXPECT_TRUE(lease.ok()) << lease.status();
    return lease.ok() ? *lease : Lease{};
  }
  base::StatusCode commit_guarded(std::uint64_t epoch) {
    Change change;
    change.guard = LeaseGuard{"l", epoch};
    return commit(change).status().code();
  }
  base::StatusCode flush(const std::string& node, std::uint64_t epoch, std::uint64_t sequence,
                         std::vector<PartRow> parts = {}) {
    Change change;
    change.flushed_through = JournalProgress{node, epoch, sequence};
    change.insert_parts = std::move(parts);
    return commit(change).status().code();
  }

  const std::unique_ptr<CatalogUnderTest> under_test_ = GetParam()();
};

TEST_P(CatalogConformance, AnEmptyCatalog) {
  const Snapshot empty = snapshot();
  EXPECT_EQ(empty.version.value, 0U);
  EXPECT_TRUE(empty.parts.empty() && empty.journals.empty());
  EXPECT_TRUE(sources().empty());
  EXPECT_TRUE(wait(catalog().nodes())->empty());
}

TEST_P(CatalogConformance, TheInstallationIdIsDrawnOnce) {
  const auto id = wait(catalog().installation_id());
  ASSERT_TRUE(id.ok());
  EXPECT_NE(id->value, base::Hash128{});
  EXPECT_EQ(wait(catalog().installation_id()).value(), *id);
  under_test_->reopen();
  EXPECT_EQ(wait(catalog().installation_id()).value(), *id);
}

TEST_P(CatalogConformance, InsertedPartsComeBackAsTheyWere) {
  Change change;
  change.insert_parts = {conformance::part("a", -10, -5), conformance::part("b", INT64_MIN, INT64_MAX)};
  const auto result = commit(change);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->inserted.size(), 2U);
  EXPECT_NE(result->inserted[0], result->inserted[1]);
  EXPECT_EQ(result->version.value, 1U);
  const Snapshot found = snapshot();
  EXPECT_EQ(found.version, result->version);
  ASSERT_EQ(found.parts.size(), 2U);
  PartRow a = change.insert_parts[0];
  a.id = result->inserted[0];
  PartRow b = change.insert_parts[1];
  b.id = result->inserted[1];
  EXPECT_EQ(found.parts[0], b);  // newest first
  EXPECT_EQ(found.parts[1], a);
}

TEST_P(CatalogConformance, SnapshotsAreByTenantAndHalfOpenRangeNewestFirst) {
  insert(conformance::part("a", 10, 20));
  insert(conformance::part("b", 20, 30));
  insert(conformance::part("c", 5, 30));
  insert(conformance::part("other", 10, 20, "u"));
  const core::TenantId t{"t"};
  const auto range = [](std::int64_t begin, std::int64_t end) {
    return core::TimeRange{core::UnixNanos{begin}, core::UnixNanos{end}};
  };
  using Keys = std::vector<std::string>;
  EXPECT_EQ(live(t), (Keys{"b", "c", "a"}));
  EXPECT_EQ(live(), (Keys{"b", "c", "a", "other"}));
  EXPECT_EQ(live(core::TenantId{"u"}), (Keys{"other"}));
  EXPECT_EQ(live(core::TenantId{"none"}), Keys{});
  EXPECT_EQ(live(core::TenantId{""}), Keys{});
  EXPECT_EQ(live(t, range(20, 21)), (Keys{"b", "c", "a"}));
  EXPECT_EQ(live(t, range(21, 22)), (Keys{"b", "c"}));
  EXPECT_EQ(live(t, range(0, 5)), Keys{});
  EXPECT_EQ(live(t, range(0, 6)), (Keys{"c"}));
  EXPECT_EQ(live(t, range(0, 10)), (Keys{"c"}));
  EXPECT_EQ(live(t, range(30, 40)), (Keys{"b", "c"}));
  EXPECT_EQ(live(t, range(31, 40)), Keys{});
  EXPECT_EQ(live(t, range(15, 15)), Keys{});
  EXPECT_EQ(live(t, range(25, 15)), Keys{});
}

TEST_P(CatalogConformance, AReplacingChangeSwapsParts) {
  const PartId a = insert(conformance::part("a", 1, 2));
  const PartId b = insert(conformance::part("b", 3, 4));
  Change change;
  change.remove_parts = {a, b};
  change.insert_parts = {conformance::part("ab", 1, 4)};
  const auto result = commit(change);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->version.value, 3U);
  EXPECT_EQ(live(), std::vector<std::string>{"ab"});
}

TEST_P(CatalogConformance, RemovingAPartTwiceAbortsAndChangesNothing) {
  const PartId a = insert(conformance::part("a", 1, 2));
  const PartId b = insert(conformance::part("b", 3, 4));
  ASSERT_TRUE(remove({a}).ok());
  Change change;
  change.remove_parts = {b, a};
  change.insert_parts = {conformance::part("new", 1, 4)};
  change.upsert_sources = {conformance::source("h", 1, 100)};
  change.insert_body_hashes = {{{1, 1}, core::UnixNanos::max()}};
  change.flushed_through = JournalProgress{"n", 1, 1};
  EXPECT_EQ(commit(change).status().code(), base::StatusCode::kAborted);
  EXPECT_EQ(live(), std::vector<std::string>{"b"});
  EXPECT_EQ(snapshot().version.value, 3U);
  EXPECT_TRUE(snapshot().journals.empty());
  EXPECT_TRUE(sources().empty());
  EXPECT_TRUE(wait(catalog().body_hashes(core::UnixNanos{0}))->empty());
  EXPECT_EQ(remove({b, b}).code(), base::StatusCode::kAborted);
  EXPECT_EQ(remove({PartId{999}}).code(), base::StatusCode::kAborted);
  EXPECT_EQ(live(), std::vector<std::string>{"b"});
}

TEST_P(CatalogConformance, AnObjectIsListedOnce) {
  const PartId a = insert(conformance::part("a", 1, 2));
  Change again;
  again.insert_parts = {conformance::part("b", 1, 2), conformance::part("a", 1, 2)};
  EXPECT_EQ(commit(again).status().code(), base::StatusCode::kAlreadyExists);
  EXPECT_EQ(live(), std::vector<std::string>{"a"});
  ASSERT_TRUE(remove({a}).ok());
  // Its object still waits to be deleted.
  EXPECT_EQ(commit(again).status().code(), base::StatusCode::kAlreadyExists);
  ASSERT_TRUE(wait(catalog().forget_parts({a})).ok());
  EXPECT_TRUE(commit(again).ok());
}

TEST_P(CatalogConformance, PartsThatCouldNeverBeFoundAreRefused) {
  for (int broken = 0; broken < 3; ++broken) {
    PartRow row = conformance::part("a", 1, 2);
    if (broken == 0) row.tenant.value.clear();
    if (broken == 1) row.object_key.clear();
    if (broken == 2) row.times = {};
    Change change;
    change.insert_parts = {row};
    EXPECT_EQ(commit(change).status().code(), base::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(snapshot().version.value, 0U);
}

TEST_P(CatalogConformance, OfRacingChangesThatRemoveOnePartOneWins) {
  const PartId a = insert(conformance::part("a", 1, 2));
  std::vector<base::StatusCode> codes;
  base::Mutex mutex;
  base::TaskGroup group(executor());
  for (int i = 0; i < 6; ++i) {
    Change change;
    change.remove_parts = {a};
    change.insert_parts = {conformance::part("by" + std::to_string(i), 1, 2)};
    group.spawn(conformance::commit_and_count(&catalog(), change, &codes, &mutex));
  }
  wait(conformance::join(&group));
  EXPECT_EQ(std::count(codes.begin(), codes.end(), base::StatusCode::kOk), 1);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), base::StatusCode::kAborted), 5);
  EXPECT_EQ(live().size(), 1U);
}

TEST_P(CatalogConformance, RemovedPartsWaitUntilTheyAreForgotten) {
  const PartId a = insert(conformance::part("a", 1, 2));
  const PartId b = insert(conformance::part("b", 1, 2));
  const PartId c = insert(conformance::part("c", 1, 2));
  ASSERT_TRUE(remove({b}).ok());
  wait(conformance::pause(&executor()));
  const core::UnixNanos between = executor().clock().now();
  wait(conformance::pause(&executor()));
  ASSERT_TRUE(remove({a}).ok());
  wait(conformance::pause(&executor()));
  const core::UnixNanos end = executor().clock().now();
  const auto removed = [&](core::UnixNanos before, std::size_t limit) {
    auto rows = wait(catalog().removed_parts(before, limit));
    EXPECT_TRUE(rows.ok()) << rows.status();
    return conformance::keys_of(*rows);
  };
  EXPECT_EQ(removed(end, 10), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(removed(end, 1), (std::vector<std::string>{"b"}));
  EXPECT_EQ(removed(end, 0), (std::vector<std::string>{}));
  EXPECT_EQ(removed(between, 10), (std::vector<std::string>{"b"}));
  EXPECT_EQ(wait(catalog().forget_parts({b, c})).code(), base::StatusCode::kFailedPrecondition);
  EXPECT_EQ(removed(end, 10).size(), 2U);
  ASSERT_TRUE(wait(catalog().forget_parts({b, PartId{12345}})).ok());
  EXPECT_EQ(removed(end, 10), (std::vector<std::string>{"a"}));
  EXPECT_EQ(live(), (std::vector<std::string>{"c"}));
}

TEST_P(CatalogConformance, FlushedThroughOnlyGrows) {
  using base::StatusCode;
  EXPECT_EQ(flush("n", 1, 5, {conformance::part("a", 1, 2)}), StatusCode::kOk);
  EXPECT_EQ(flush("n", 1, 4), StatusCode::kAborted);
  EXPECT_EQ(flush("n", 0, 9), StatusCode::kAborted);
  EXPECT_EQ(flush("n", 1, 5), StatusCode::kOk);
  EXPECT_EQ(flush("n", 1, 5, {conformance::part("again", 1, 2)}), StatusCode::kAborted);
  EXPECT_EQ(flush("n", 2, 1), StatusCode::kOk);
  EXPECT_EQ(flush("m", 1, UINT64_MAX), StatusCode::kOk);
  EXPECT_EQ(flush("m", 1, 7), StatusCode::kAborted);
  EXPECT_EQ(flush("", 1, 7), StatusCode::kInvalidArgument);
  const Snapshot found = snapshot(core::TenantId{"none"});
  EXPECT_EQ(found.journals, (std::vector<JournalProgress>{{"m", 1, UINT64_MAX}, {"n", 2, 1}}));
  EXPECT_EQ(found.version.value, 1U);
  EXPECT_EQ(live(), std::vector<std::string>{"a"});
}

TEST_P(CatalogConformance, DeletionsAreKeptAndCounted) {
  DeletionRow first{7, {"t"}, "{job=\"a\"} |= \"x'y\"", {{1}, {INT64_MAX}}, {5}, "n", 40, 0, std::nullopt};
  DeletionRow second{9, {"u"}, "{a=\"b\"}", {{-1}, {2}}, {6}, "n", 41, 0, std::nullopt};
  ASSERT_TRUE(wait(catalog().save_deletion(second)).ok());
  ASSERT_TRUE(wait(catalog().save_deletion(first)).ok());
  Change change;
  change.insert_parts = {conformance::part("k", 1, 2)};
  change.insert_parts[0].deletions_applied = 3;
  const auto inserted = commit(change);
  ASSERT_TRUE(inserted.ok());
  Change applied;
  applied.raise_deletions_applied = {{inserted->inserted[0], 9}};
  applied.records_removed = {{7, 10}, {8, 5}};
  ASSERT_TRUE(commit(applied).ok());
  EXPECT_EQ(snapshot().parts[0].deletions_applied, 9U);
  applied.raise_deletions_applied[0].deletions = 2;
  ASSERT_TRUE(commit(applied).ok());
  EXPECT_EQ(snapshot().parts[0].deletions_applied, 9U) << "never lowered";
  first.removed = core::UnixNanos{99};
  ASSERT_TRUE(wait(catalog().save_deletion(first)).ok());
  first.records_removed = 20;
  EXPECT_EQ(*wait(catalog().deletions()), (std::vector<DeletionRow>{first, second}));
  under_test_->reopen();
  EXPECT_EQ(*wait(catalog().deletions()), (std::vector<DeletionRow>{first, second}));
  ASSERT_TRUE(wait(catalog().forget_deletion(7)).ok());
  ASSERT_TRUE(wait(catalog().forget_deletion(7)).ok());
  EXPECT_EQ(*wait(catalog().deletions()), std::vector<DeletionRow>{second});
  applied.raise_deletions_applied[0].part = {PartId{999}};
  EXPECT_EQ(commit(applied).status().code(), base::StatusCode::kAborted);
}

TEST_P(CatalogConformance, RetentionIsKeptByTenantAndClass) {
  const RetentionRow all{{"t"}, 0, "", base::nanoseconds(5), false};
  RetentionRow some{{"t"}, 3, "{a=\"b\"}", base::nanoseconds(INT64_MAX), false};
  ASSERT_TRUE(wait(catalog().save_retention(some)).ok());
  ASSERT_TRUE(wait(catalog().save_retention(all)).ok());
  some.retired = true;
  ASSERT_TRUE(wait(catalog().save_retention(some)).ok());
  under_test_->reopen();
  EXPECT_EQ(*wait(catalog().retention()), (std::vector<RetentionRow>{all, some}));
  ASSERT_TRUE(wait(catalog().forget_retention({"t"}, 3)).ok());
  EXPECT_EQ(*wait(catalog().retention()), std::vector<RetentionRow>{all});
}

TEST_P(CatalogConformance, SourcesKeepEverythingOfThem) {
  Change change;
  change.upsert_sources = {conformance::source("h1", 1, 100), conformance::source("h1", 2, UINT64_MAX),
                           conformance::source("h2", 1, 7)};
  change.upsert_sources[2].info.labels = nullptr;
  change.upsert_sources[2].info.ladder.clear();
  change.upsert_sources[2].info.path.clear();
  ASSERT_TRUE(commit(change).ok());
  change.upsert_sources[2].info.labels = std::make_shared<const core::Labels>();
  std::vector<SourceRow> rows = sources();
  ASSERT_EQ(rows.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) conformance::expect_same(rows[i], change.upsert_sources[i]);
  EXPECT_EQ(sources(core::TenantId{"t"}, "h1").size(), 2U);
  EXPECT_EQ(sources(core::TenantId{"u"}).size(), 0U);
  EXPECT_EQ(sources(std::nullopt, "h2").size(), 1U);
  EXPECT_EQ(sources(std::nullopt, "").size(), 0U);
  EXPECT_EQ(snapshot().version.value, 0U);
}

TEST_P(CatalogConformance, AnUpsertReplacesAndARemovalEndsASource) {
  Change change;
  change.upsert_sources = {conformance::source("h", 1, 100), conformance::source("h", 2, 100)};
  ASSERT_TRUE(commit(change).ok());
  SourceRow moved = conformance::source("h", 1, 250);
  moved.info.path = "/elsewhere";
  moved.updated = core::UnixNanos{77};
  Change next;
  next.upsert_sources = {moved};
  next.remove_sources = {conformance::source("h", 2, 0).info.id, conformance::source("never", 9, 0).info.id};
  ASSERT_TRUE(commit(next).ok());
  const auto rows = sources();
  ASSERT_EQ(rows.size(), 1U);
  conformance::expect_same(rows[0], moved);
}

TEST_P(CatalogConformance, BodyHashesLastUntilTheyExpire) {
  const core::UnixNanos now = executor().clock().now();
  const core::UnixNanos soon = now + std::chrono::hours(1);
  const core::UnixNanos late = now + std::chrono::hours(2);
  Change change;
  change.insert_body_hashes = {{{1, 1}, late}, {{2, 2}, soon}, {{3, UINT64_MAX}, late}};
  ASSERT_TRUE(commit(change).ok());
  change.insert_body_hashes = {{{1, 1}, now + std::chrono::hours(9)}};
  ASSERT_TRUE(commit(change).ok());
  const auto hashes = [&](core::UnixNanos at) {
    std::set<std::pair<base::Hash128, std::int64_t>> found;
    const auto rows = wait(catalog().body_hashes(at));
    for (const BodyHashRow& row : *rows) found.emplace(row.hash, row.expires.value);
    return found;
  };
  using Hashes = std::set<std::pair<base::Hash128, std::int64_t>>;
  EXPECT_EQ(hashes(now), (Hashes{{{1, 1}, late.value}, {{2, 2}, soon.value}, {{3, UINT64_MAX}, late.value}}));
  EXPECT_EQ(hashes(soon), (Hashes{{{1, 1}, late.value}, {{3, UINT64_MAX}, late.value}}));
  // The expired one was deleted, not only hidden.
  EXPECT_EQ(hashes(now).size(), 2U);
}

TEST_P(CatalogConformance, AnExpiredBodyHashCanBeInsertedAnew) {
  const core::UnixNanos now = executor().clock().now();
  Change change;
  change.insert_body_hashes = {{{1, 1}, now - std::chrono::hours(1)}};
  ASSERT_TRUE(commit(change).ok());
  change.insert_body_hashes = {{{1, 1}, now + std::chrono::hours(1)}};
  ASSERT_TRUE(commit(change).ok());
  const auto rows = wait(catalog().body_hashes(now));
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].expires, now + std::chrono::hours(1));
}

TEST_P(CatalogConformance, AnAgentMovesFromEpochToEpoch) {
  const core::AgentId id{{1, UINT64_MAX}};
  AgentRow row{{"t"}, "host", id, 1, {5, 6}, core::UnixNanos{7}};
  EXPECT_FALSE(wait(catalog().agent(id))->has_value());
  EXPECT_EQ(wait(catalog().save_agent(row, 0)).code(), base::StatusCode::kAborted);
  ASSERT_TRUE(wait(catalog().save_agent(row, std::nullopt)).ok());
  EXPECT_EQ(wait(catalog().save_agent(row, std::nullopt)).code(), base::StatusCode::kAborted);
  row.epoch = 2;
  row.host = "renamed";
  row.nonce = {8, 9};
  ASSERT_TRUE(wait(catalog().save_agent(row, 1)).ok());
  EXPECT_EQ(wait(catalog().save_agent(row, 1)).code(), base::StatusCode::kAborted);
  row.last_seen = core::UnixNanos{70};
  ASSERT_TRUE(wait(catalog().save_agent(row, 2)).ok());
  const auto found = wait(catalog().agent(id));
  ASSERT_TRUE(found.ok() && found->has_value());
  const AgentRow& agent = **found;
  EXPECT_EQ(agent.tenant.value, "t");
  EXPECT_EQ(agent.host, "renamed");
  EXPECT_EQ(agent.agent, id);
  EXPECT_EQ(agent.epoch, 2U);
  EXPECT_EQ(agent.nonce, (base::Hash128{8, 9}));
  EXPECT_EQ(agent.last_seen.value, 70);
  EXPECT_EQ(wait(catalog().agents({"t"}))->size(), 1U);
  EXPECT_EQ(wait(catalog().agents({"u"}))->size(), 0U);
}

TEST_P(CatalogConformance, ALeasePassesOnlyAfterItExpired) {
  Lease lease = acquire("a", 1000);
  EXPECT_EQ(lease.holder, "a");
  EXPECT_EQ(lease.epoch, 1U);
  EXPECT_EQ(lease.expires.value, 1100);
  EXPECT_EQ(acquire("b", 1099).holder, "a");
  EXPECT_EQ(acquire("a", 1050).expires.value, 1150);
  EXPECT_EQ(acquire("a", 1040).expires.value, 1150);
  lease = acquire("b", 1150);
  EXPECT_EQ(lease.holder, "b");
  EXPECT_EQ(lease.epoch, 2U);
  EXPECT_EQ(acquire("a", 1151).holder, "b");
  // Nobody took it in between: it did not change hands.
  EXPECT_EQ(acquire("b", 9000).epoch, 2U);
  EXPECT_EQ(wait(catalog().acquire_lease("l", "", core::UnixNanos{0}, base::nanoseconds(1))).status().code(),
            base::StatusCode::kInvalidArgument);
}

TEST_P(CatalogConformance, AReleasedLeaseIsFreeAtOnceAndItsEpochNeverReturns) {
  EXPECT_EQ(acquire("a", 1000).epoch, 1U);
  ASSERT_TRUE(wait(catalog().release_lease("l", "b")).ok());
  EXPECT_EQ(acquire("b", 1001).holder, "a");
  ASSERT_TRUE(wait(catalog().release_lease("l", "a")).ok());
  ASSERT_TRUE(wait(catalog().release_lease("none", "a")).ok());
  EXPECT_EQ(commit_guarded(1), base::StatusCode::kAborted);
  const Lease lease = acquire("b", 1002);
  EXPECT_EQ(lease.holder, "b");
  EXPECT_EQ(lease.epoch, 2U);
}

TEST_P(CatalogConformance, AGuardAdmitsOnlyTheCurrentEpoch) {
  EXPECT_EQ(commit_guarded(1), base::StatusCode::kAborted);
  acquire("a", 1000);
  EXPECT_EQ(commit_guarded(1), base::StatusCode::kOk);
  EXPECT_EQ(commit_guarded(0), base::StatusCode::kAborted);
  EXPECT_EQ(commit_guarded(2), base::StatusCode::kAborted);
  acquire("b", 2000);
  EXPECT_EQ(commit_guarded(1), base::StatusCode::kAborted);
  EXPECT_EQ(commit_guarded(2), base::StatusCode::kOk);
}

TEST_P(CatalogConformance, NodesHaveHeartbeatsAndEpochs) {
  ASSERT_TRUE(wait(catalog().heartbeat({"n2", "host:1", "ingest,query", core::UnixNanos{5}})).ok());
  ASSERT_TRUE(wait(catalog().heartbeat({"n1", "host:2", "query", core::UnixNanos{6}})).ok());
  ASSERT_TRUE(wait(catalog().heartbeat({"n2", "host:3", "ingest", core::UnixNanos{9}})).ok());
  const auto nodes = wait(catalog().nodes());
  ASSERT_TRUE(nodes.ok());
  ASSERT_EQ(nodes->size(), 2U);
  EXPECT_EQ((*nodes)[0].name, "n1");
  EXPECT_EQ((*nodes)[1].address, "host:3");
  EXPECT_EQ((*nodes)[1].roles, "ingest");
  EXPECT_EQ((*nodes)[1].heartbeat.value, 9);
  EXPECT_EQ(wait(catalog().begin_node_epoch("n1")).value(), 1U);
  EXPECT_EQ(wait(catalog().begin_node_epoch("n1")).value(), 2U);
  EXPECT_EQ(wait(catalog().begin_node_epoch("n3")).value(), 1U);
}

TEST_P(CatalogConformance, RacingStartsGetDifferentEpochs) {
  std::set<std::uint64_t> epochs;
  base::Mutex mutex;
  base::TaskGroup group(executor());
  for (int i = 0; i < 8; ++i) group.spawn(conformance::begin_and_collect(&catalog(), &epochs, &mutex));
  wait(conformance::join(&group));
  EXPECT_EQ(epochs, (std::set<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_P(CatalogConformance, EverythingIsThereAfterReopening) {
  Change change;
  change.insert_parts = {conformance::part("a", 1, 2), conformance::part("b", 1, 2)};
  change.upsert_sources = {conformance::source("h", 1, 100)};
  change.insert_body_hashes = {{{1, 2}, core::UnixNanos::max()}};
  change.flushed_through = JournalProgress{"n", 3, 4};
  const auto inserted = commit(change);
  ASSERT_TRUE(inserted.ok());
  ASSERT_TRUE(remove({inserted->inserted[0]}).ok());
  acquire("a", 1000);
  EXPECT_EQ(wait(catalog().begin_node_epoch("n")).value(), 1U);
  under_test_->reopen();
  EXPECT_EQ(live(), std::vector<std::string>{"b"});
  EXPECT_EQ(snapshot().version.value, 2U);
  EXPECT_EQ(snapshot().journals, (std::vector<JournalProgress>{{"n", 3, 4}}));
  EXPECT_EQ(wait(catalog().removed_parts(core::UnixNanos::max(), 10))->size(), 1U);
  ASSERT_EQ(sources().size(), 1U);
  conformance::expect_same(sources()[0], change.upsert_sources[0]);
  EXPECT_EQ(wait(catalog().body_hashes(core::UnixNanos{0}))->size(), 1U);
  EXPECT_EQ(acquire("b", 1001).holder, "a");
  EXPECT_EQ(wait(catalog().begin_node_epoch("n")).value(), 2U);
  // Ids are never given twice, though the newest part was forgotten.
  const PartId forgotten = insert(conformance::part("c", 1, 2));
  ASSERT_TRUE(remove({forgotten}).ok());
  ASSERT_TRUE(wait(catalog().forget_parts({forgotten})).ok());
  under_test_->reopen();
  EXPECT_GT(insert(conformance::part("d", 1, 2)), forgotten);
}

}  // namespace cordwood::catalog
