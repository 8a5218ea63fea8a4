#include "store/store.h"

#include "store/store_testing.h"

namespace cordwood::store {
namespace {

using Lines = std::vector<std::string>;

core::Mark mark_of(const core::SliceVerdict& verdict) {
  if (const auto* stored = std::get_if<core::SliceStored>(&verdict)) return stored->mark;
  if (const auto* at = std::get_if<core::SliceAt>(&verdict)) return at->mark;
  return {UINT64_MAX, {}};
}
bool is_stored(const core::SliceVerdict& verdict) {
  return std::holds_alternative<core::SliceStored>(verdict);
}

TEST(Store, FindsAtTheAcknowledgementAndAfterFlushAndRestart) {
  World world;
  world.open();
  ASSERT_TRUE(world.append(line_at("a", 1, "one") + line_at("b", 2, "two")).ok());
  EXPECT_EQ(world.lines(), (Lines{"one", "two"}));
  EXPECT_GT(world.status().journal_bytes, 0U);
  EXPECT_EQ(world.status().head_records, 2U);

  const auto before = world.rows();
  world.crash();
  world.open();
  EXPECT_EQ(world.rows(), before) << "names of rows are the same after a replay";

  ASSERT_TRUE(world.run(world.store->flush()).ok());
  EXPECT_EQ(world.rows(), before) << "and after a flush";
  EXPECT_EQ(world.status().head_records, 0U);
  EXPECT_EQ(world.status().parts, 1U);
  EXPECT_EQ(world.status().records, 2U);
  EXPECT_EQ(world.status().raw_bytes, 8U);
  EXPECT_EQ(world.journal_files(), Lines{});

  world.crash();
  world.open();
  EXPECT_EQ(world.rows(), before);
}

TEST(Store, ClosesWithAFlush) {
  World world;
  world.open();
  ASSERT_TRUE(world.append(line_at("a", 1, "one")).ok());
  ASSERT_TRUE(world.close().ok());
  world.open();
  EXPECT_EQ(world.status().parts, 1U);
  EXPECT_EQ(world.lines(), Lines{"one"});
}

TEST(Store, CutsPartitionsAtUtcDays) {
  World world;
  world.open();
  const std::int64_t day = 86'400;
  ASSERT_TRUE(world.append(line_at("a", -3 * day, "old") + line_at("a", 0, "now") + line_at("a", day, "late")).ok());
  const std::string ancient = "a 5 ancient\n";
  ASSERT_TRUE(world.append(ancient).ok());
  ASSERT_TRUE(world.run(world.store->flush()).ok());
  EXPECT_EQ(world.status().parts, 4U);
  EXPECT_EQ(world.lines(), (Lines{"ancient", "late", "now", "old"}));
  const auto snapshot = *world.run(world.store->snapshot(core::TenantId::default_tenant(), {{0}, {1'000'000'000}}));
  ASSERT_EQ(snapshot.segments.size(), 1U);
  EXPECT_EQ(snapshot.segments[0].partition_day, 0);
}

TEST(Store, KeepsTenantsApart) {
  World world;
  world.open();
  auto request = world.request(line_at("a", 1, "same"));
  auto other = world.request(line_at("a", 1, "same"));
  other.tenant = {"other"};
  ASSERT_TRUE(world.run(world.store->append(std::move(request))).ok());
  auto result = world.run(world.store->append(std::move(other)));
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->repeated);
  EXPECT_EQ(world.run(world.read({"other"}, {}))->size(), 1U);
  ASSERT_TRUE(world.run(world.store->flush()).ok());
  EXPECT_EQ(world.run(world.read({"other"}, {}))->size(), 1U);
  EXPECT_EQ(world.lines().size(), 1U);
}

// --- unnamed bodies
// ---------------------------------------------------------------------------------------------------

TEST(Store, AcknowledgesARepeatedBodyAndStoresItOnce) {
  World world;
  world.open();
  const std::string body = line_at("a", 1, "one");
  EXPECT_FALSE(world.append(body)->repeated);
  EXPECT_TRUE(world.append(body)->repeated);
  world.crash();
  world.open();
  EXPECT_TRUE(world.append(body)->repeated) << "from the frame";
  ASSERT_TRUE(world.run(world.store->flush()).ok());
  world.crash();
  world.open();
  EXPECT_TRUE(world.append(body)->repeated) << "from the catalog";
  EXPECT_EQ(world.lines().size(), 1U);
  world.executor.now->run_for(std::chrono::minutes(31));
  EXPECT_FALSE(world.append(body)->repeated) << "after the window it is a new body";
}

TEST(Store, ARepeatWaitsForTheFirstOfItsKind) {
  World world;
  world.open();
  const std::string body = line_at("a", 1, "one");
  base::TaskGroup group(world.executor);
  int stored = 0;
  int repeated = 0;
  struct Sender {
    static base::Task<void> send(World* world, std::string body, int* stored, int* repeated) {
      auto request = world->request(std::move(body));
      auto result = co_await world->store->append(std::move(request));
      CHECK(result.ok());
      ++*(result->repeated ? repeated : stored);
    }
  };
  for (int i = 0; i < 10; ++i) group.spawn(Sender::send(&world, body, &stored, &repeated));
  struct Join {
    static base::Task<void> join(base::TaskGroup* group) { co_await group->join(); }
  };
  world.run(Join::join(&group));
  EXPECT_EQ(stored, 1);
  EXPECT_EQ(repeated, 9);
  EXPECT_EQ(world.lines().size(), 1U);
}

TEST(Store, StoresALineOfAStreamOnceAtOneTime) {
  World world;
  world.open();
  ASSERT_TRUE(
      world.append(line_at("a", 1, "x") + line_at("a", 1, "x") + line_at("a", 1, "y") + line_at("b", 1, "x")).ok());
  EXPECT_EQ(world.lines(), (Lines{"x", "x", "y"})) << "within a body";
  ASSERT_TRUE(world.append(line_at("a", 1, "y") + line_at("a", 2, "y") + line_at("a", 1, "z")).ok());
  EXPECT_EQ(world.lines(), (Lines{"x", "x", "y", "y", "z"})) << "across bodies";
  ASSERT_TRUE(world.append(line_at("a", 1, "z")).ok()) << "nothing new in it";
  const auto before = world.rows();
  world.crash();
  world.open();
  EXPECT_EQ(world.rows(), before) << "the frame says which records were left out";
}

TEST(Store, ReplaysWithoutTheRefusedRecords) {
  World world;
  world.open();
  const std::string body =
      line_at("a", 1, "ok") + line_at("a", 2, "refused") + line_at("a", 3, "ok3") + line_at("a", 3, "ok3");
  auto request = world.request(body, {1});
  ASSERT_EQ(request.batch.records.size(), 3U);
  ASSERT_TRUE(world.run(world.store->append(std::move(request))).ok());
  const auto before = world.rows();
  EXPECT_EQ(before.size(), 2U);
  world.crash();
  world.open();
  EXPECT_EQ(world.rows(), before);
}

// --- named sources
// ----------------------------------------------------------------------------------------------------

TEST(Store, AnswersEachSliceByItsMark) {
  World world;
  world.open();
  ASSERT_EQ(world.hello(1, 0, 7).epoch, 1U);
  auto first = world.append(slice_of(1, 0, 10, "a"));
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(is_stored(first->verdicts[0]));
  EXPECT_EQ(mark_of(first->verdicts[0]), (core::Mark{10, test_hash(10)}));

  auto again = world.append(slice_of(1, 0, 10, "a"));
  EXPECT_FALSE(is_stored(again->verdicts[0])) << "already stored";
  EXPECT_EQ(mark_of(again->verdicts[0]), (core::Mark{10, test_hash(10)}));
  EXPECT_FALSE(is_stored(world.append(slice_of(1, 5, 20, "b"))->verdicts[0])) << "across the mark";
  EXPECT_FALSE(is_stored(world.append(slice_of(1, 20, 30, "c"))->verdicts[0])) << "behind the mark";
  EXPECT_FALSE(is_stored(world.append(slice_of(2, 10, 20, "d"))->verdicts[0]))
      << "unknown source: its base is the mark";
  EXPECT_EQ(mark_of(world.append(slice_of(2, 10, 20, "d"))->verdicts[0]), (core::Mark{0, test_hash(0)}));

  auto wrong_hash = world.request(slice_of(1, 10, 20, "e"));
  wrong_hash.batch.slices[0].begin.hash = test_hash(99);
  auto refused = world.run(world.store->append(std::move(wrong_hash)));
  EXPECT_FALSE(is_stored(refused->verdicts[0])) << "other bytes before the mark";
  EXPECT_EQ(mark_of(refused->verdicts[0]).offset, 10U);

  auto two = world.append("agent 1 1 web-1\nslice 1 10 20 kept\nnamed 1 10 f\nslice 2 7 8 kept\nnamed 1 7 no\n");
  EXPECT_TRUE(is_stored(two->verdicts[0]));
  EXPECT_FALSE(is_stored(two->verdicts[1])) << "each slice has its own verdict";
  EXPECT_EQ(world.lines(), (Lines{"a", "f"}));
}

TEST(Store, MarksSurviveReplayAndFlush) {
  World world;
  world.open();
  world.hello(1, 0, 7);
  ASSERT_TRUE(world.append(slice_of(1, 0, 10, "a")).ok());
  world.crash();
  world.open();
  EXPECT_EQ(mark_of(world.append(slice_of(1, 0, 10, "a"))->verdicts[0]).offset, 10U) << "from the frame";
  ASSERT_TRUE(world.run(world.store->flush()).ok());
  world.crash();
  world.open();
  EXPECT_EQ(mark_of(world.append(slice_of(1, 0, 10, "a"))->verdicts[0]).offset, 10U) << "from the catalog";
  EXPECT_EQ(world.lines(), Lines{"a"});
  const auto sources = *world.run(world.store->sources(core::TenantId::default_tenant(), "web-1", {}));
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].mark, (core::Mark{10, test_hash(10)}));
  EXPECT_EQ(sources[0].info.path, "/var/log/test");
  EXPECT_TRUE(world.run(world.store->sources(core::TenantId::default_tenant(), "web-2", {}))->empty());
  EXPECT_TRUE(world.run(world.store->sources({"other"}, "web-1", {}))->empty());
}

TEST(Store, TwoIdenticalLinesOfANamedSourceAreTwoRecords) {
  World world;
  world.open();
  world.hello(1, 0, 7);
  ASSERT_TRUE(world.append(fmt::format("agent 1 1 web-1\nslice 1 0 10 kept\nnamed 5 0 same\nnamed 5 5 same\n")).ok());
  EXPECT_EQ(world.lines(), (Lines{"same", "same"}));
}

TEST(Store, LostSlicesMoveTheMarkAndAreKept) {
  World world;
  world.open();
  world.hello(1, 0, 7);
  auto result = world.append("agent 1 1 web-1\nslice 1 0 50 lost\n");
  EXPECT_TRUE(is_stored(result->verdicts[0]));
  EXPECT_TRUE(is_stored(world.append(slice_of(1, 50, 60, "after"))->verdicts[0]));
  ASSERT_EQ(world.store->lost_ranges().size(), 1U);
  EXPECT_EQ(world.store->lost_ranges()[0].end, 50U);
  world.crash();
  world.open();
  ASSERT_EQ(world.store->lost_ranges().size(), 1U);
  EXPECT_EQ(mark_of(world.append(slice_of(1, 0, 1, "x"))->verdicts[0]).offset, 60U);
}

TEST(Store, ASliceWaitsForTheOneBeforeIt) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed);
    world.open();
    world.hello(1, 0, 7);
    std::vector<std::string> verdicts(3);
    base::TaskGroup group(world.executor);
    struct Sender {
      static base::Task<void> send(World* world, std::uint64_t begin, std::uint64_t end, std::string* out) {
        auto request = world->request(slice_of(1, begin, end, std::to_string(begin)));
        auto result = co_await world->store->append(std::move(request));
        *out = result.ok() ? fmt::format("{} {}", is_stored(result->verdicts[0]), mark_of(result->verdicts[0]).offset)
                           : "error";
      }
      static base::Task<void> join(base::TaskGroup* group) { co_await group->join(); }
    };
    group.spawn(Sender::send(&world, 0, 10, &verdicts[0]));
    group.spawn(Sender::send(&world, 0, 10, &verdicts[1]));
    world.run(Sender::join(&group));
    // One of the two stored it, the other was told the mark that is durable by then.
    std::sort(verdicts.begin(), verdicts.begin() + 2);
    EXPECT_EQ(verdicts[0], "false 10");
    EXPECT_EQ(verdicts[1], "true 10");
    EXPECT_EQ(world.lines(), Lines{"0"});
  }
}

TEST(Store, GreetsByTheRulesOfHello) {
  World world;
  world.open();
  EXPECT_EQ(world.hello(1, 0, 7).epoch, 1U);
  EXPECT_EQ(world.hello(1, 0, 7).epoch, 1U) << "the answer was lost";
  EXPECT_EQ(world.hello(1, 1, 8).epoch, 2U);
  world.crash();
  world.open();
  EXPECT_EQ(world.hello(1, 1, 8).epoch, 2U) << "durable before the answer";
  EXPECT_TRUE(world.hello(1, 1, 9).draw_new_agent_id) << "a copy of an old state directory";
  EXPECT_EQ(world.hello(1, 2, 9).epoch, 3U);
  EXPECT_EQ(world.hello(2, 41, 9).epoch, 42U) << "the server lost its memory, not the agent";
  EXPECT_EQ(world.hello(3, 0, 9).epoch, 1U);
  const auto installation = world.hello(3, 1, 10).installation;
  EXPECT_NE(installation, core::InstallationId{});
  EXPECT_EQ(world.hello(4, 0, 1).installation, installation);
}

TEST(Store, RefusesAPushOfAnotherEpoch) {
  World world;
  world.open();
  auto unknown = world.append(slice_of(1, 0, 10, "a"));
  EXPECT_EQ(unknown.status().code(), base::StatusCode::kFailedPrecondition);
  world.hello(1, 0, 7);
  world.hello(1, 1, 8);
  auto old = world.append(slice_of(1, 0, 10, "a", 1));
  EXPECT_EQ(old.status().code(), base::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(base::message_of(old.status()).starts_with("epoch"));
  EXPECT_TRUE(world.append(slice_of(1, 0, 10, "a", 2)).ok());
  EXPECT_EQ(world.lines(), Lines{"a"});
}

TEST(Store, RefusesSlicesThatPointNowhere) {
  World world;
  world.open();
  world.hello(1, 0, 7);
  auto request = world.request(slice_of(1, 0, 10, "a"));
  request.batch.slices[0].source = 5;
  EXPECT_EQ(world.run(world.store->append(std::move(request))).status().code(), base::StatusCode::kInvalidArgument);
}

// --- the disk
// -----------------------------------------------------------------------------------------------------------

TEST(Store, AnswersUnavailableWhileTheDiskFailsAndGoesOnAfterwards) {
  World world;
  world.open();
  world.hello(1, 0, 7);
  ASSERT_TRUE(world.append(line_at("a", 1, "before")).ok());
  bool broken = true;
  world.files.set_fault_hook([&broken](io::FileOperation operation, const std::string&) {
    if (broken && operation == io::FileOperation::kSync) return base::data_loss_error("sync: EIO");
    return base::ok_status();
  });
  EXPECT_EQ(world.append(line_at("a", 2, "x")).status().code(), base::StatusCode::kUnavailable);
  EXPECT_EQ(world.append(slice_of(1, 0, 10, "s")).status().code(), base::StatusCode::kUnavailable);
  EXPECT_EQ(world.lines(), Lines{"before"}) << "reads go on";
  broken = false;
  world.executor.now->run_for(std::chrono::seconds(1));
  auto retried = world.append(line_at("a", 2, "x"));
  ASSERT_TRUE(retried.ok());
  EXPECT_FALSE(retried->repeated) << "what failed left nothing behind";
  EXPECT_TRUE(is_stored(world.append(slice_of(1, 0, 10, "s"))->verdicts[0]));
  EXPECT_EQ(world.lines(), (Lines{"before", "s", "x"}));
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), (Lines{"before", "s", "x"}));
}

TEST(Store, RefusesWritesInLowSpaceAndRecovers) {
  World world;
  world.files.set_capacity(64 << 20);
  world.options.free_space_reserve_bytes = 60 << 20;
  world.open();
  ASSERT_TRUE(world.append(line_at("a", 1, "one")).ok());
  world.files.set_capacity(50 << 20);
  world.executor.now->run_for(std::chrono::seconds(2));
  EXPECT_EQ(world.append(line_at("a", 2, "two")).status().code(), base::StatusCode::kResourceExhausted);
  EXPECT_EQ(world.lines(), Lines{"one"});
  world.files.set_capacity(100 << 20);
  world.executor.now->run_for(std::chrono::seconds(2));
  EXPECT_TRUE(world.append(line_at("a", 2, "two")).ok());
}

TEST(Store, RefusesNobodyBeforeItKnowsTheFreeSpace) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed);
    world.options.free_space_reserve_bytes = 1 << 20;
    world.open();
    base::TaskGroup group(world.executor);
    struct Sender {
      static base::Task<void> send(World* world, int i) {
        auto request = world->request(line_at("a", i, "x"));
        auto result = co_await world->store->append(std::move(request));
        EXPECT_TRUE(result.ok()) << result.status().ToString();
      }
      static base::Task<void> join(base::TaskGroup* group) { co_await group->join(); }
    };
    for (int i = 0; i < 5; ++i) group.spawn(Sender::send(&world, i));
    world.run(Sender::join(&group));
  }
}

TEST(Store, KeepsAFileWithAFrameThatCannotBeDecoded) {
  World world;
  world.open();
  ASSERT_TRUE(world.append(line_at("a", 1, "one")).ok());
  auto request = world.request(line_at("a", 2, "two"));
  request.body.bytes = std::make_shared<const std::string>("bad");
  ASSERT_TRUE(world.run(world.store->append(std::move(request))).ok());
  ASSERT_TRUE(world.append(line_at("a", 3, "three")).ok());
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), (Lines{"one", "three"}));
  ASSERT_TRUE(world.run(world.store->flush()).ok());
  ASSERT_EQ(world.journal_files().size(), 1U);
  EXPECT_TRUE(world.journal_files()[0].ends_with(".damaged"));
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), (Lines{"one", "three"}));
}

// --- bounds
// -------------------------------------------------------------------------------------------------------------

TEST(Store, FlushesBySizeAndKeepsTheHeadBounded) {
  World world;
  world.options.head_flush_bytes = 64 << 10;
  world.options.head_bytes_max = 256 << 10;
  world.open();
  base::TaskGroup group(world.executor);
  std::uint64_t highest = 0;
  struct Sender {
    static base::Task<void> send(World* world, int sender, std::uint64_t* highest) {
      for (int i = 0; i < 50; ++i) {
        std::string body;
        for (int k = 0; k < 20; ++k) body += line_at(fmt::format("s{}", sender), i * 100 + k, std::string(200, 'x'));
        auto request = world->request(std::move(body));
        auto result = co_await world->store->append(std::move(request));
        CHECK(result.ok());
        auto status = co_await world->store->status();
        *highest = std::max(*highest, status->head_bytes);
      }
    }
    static base::Task<void> join(base::TaskGroup* group) { co_await group->join(); }
  };
  for (int i = 0; i < 8; ++i) group.spawn(Sender::send(&world, i, &highest));
  world.run(Sender::join(&group));
  EXPECT_LE(highest, world.options.head_bytes_max);
  EXPECT_GT(world.status().parts, 5U);
  EXPECT_EQ(world.lines().size(), 8000U);
}

TEST(Store, FlushesByAge) {
  World world;
  world.open();
  ASSERT_TRUE(world.append(line_at("a", 1, "one")).ok());
  world.executor.now->run_for(std::chrono::minutes(4));
  EXPECT_EQ(world.status().head_records, 1U);
  world.executor.now->run_for(std::chrono::minutes(2));
  EXPECT_EQ(world.status().head_records, 0U);
  EXPECT_EQ(world.lines(), Lines{"one"});
}

TEST(Store, MergesSmallChunksSoThatASnapshotStaysShort) {
  World world;
  world.open();
  for (int i = 0; i < 2000; ++i)
    ASSERT_TRUE(world.append(line_at(fmt::format("s{}", i % 7), i, std::to_string(i))).ok());
  world.executor.now->run_for(std::chrono::milliseconds(1));
  const auto snapshot = *world.run(world.store->snapshot(core::TenantId::default_tenant(), {}));
  EXPECT_LT(snapshot.heads.size(), 40U);
  EXPECT_EQ(world.lines().size(), 2000U);
  const auto before = world.rows();
  world.crash();
  world.open();
  EXPECT_EQ(world.rows(), before);
}

TEST(Store, DeletesReplacedObjectsAfterSnapshotLifeAndOrphansAfterTheirGrace) {
  World world;
  world.options.background_compaction = false;
  world.open();
  std::string orphan = "segments/default/2026-01-01/0123";
  auto bytes = std::make_shared<const std::string>("left by a crash");
  ASSERT_TRUE(world.run(world.objects->put(orphan, bytes)).ok());
  world.crash();
  world.open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(world.append(line_at("a", i, std::to_string(i))).ok());
    ASSERT_TRUE(world.run(world.store->flush()).ok());
  }
  const auto old = *world.run(world.store->snapshot(core::TenantId::default_tenant(), {}));
  ASSERT_EQ(old.segments.size(), 3U);
  ASSERT_TRUE(world.run(world.store->compact()).ok());
  EXPECT_EQ(world.status().parts, 1U);
  world.executor.now->run_for(std::chrono::minutes(14));
  EXPECT_EQ(world.run(world.read_snapshot(old))->size(), 3U) << "a query that began before goes on";
  world.executor.now->run_for(std::chrono::minutes(3));
  EXPECT_FALSE(world.run(world.read_snapshot(old)).ok());
  EXPECT_TRUE(world.run(world.objects->head(orphan)).ok());
  world.executor.now->run_for(std::chrono::hours(1));
  EXPECT_EQ(world.run(world.objects->head(orphan)).status().code(), base::StatusCode::kNotFound);
  EXPECT_EQ(world.lines(), (Lines{"0", "1", "2"}));
}

TEST(Store, RefusesWorkAfterClose) {
  World world;
  world.open();
  ASSERT_TRUE(world.run(world.store->close()).ok());
  EXPECT_EQ(world.append(line_at("a", 1, "x")).status().code(), base::StatusCode::kUnavailable);
  EXPECT_EQ(world.run(world.store->flush()).code(), base::StatusCode::kUnavailable);
  world.store.reset();
}

}  // namespace
}  // namespace cordwood::store
