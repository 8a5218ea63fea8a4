// Whatever fails and whenever the power goes: what was acknowledged is found once, and nothing else is.
#include <cerrno>

#include "store/store_testing.h"
#include "testing/faulty_catalog.h"
#include "testing/faulty_store.h"

namespace cordwood::store {
namespace {

using Lines = std::vector<std::string>;

// Senders that try again until each of their lines is acknowledged, over as many lives of the store as it takes.
class Senders {
 public:
  explicit Senders(World& world) : world_(world) {}

  bool greet() {
    core::AgentHello hello{core::TenantId::default_tenant(), "web-1", {test_hash(1)}, epoch_, test_hash(++nonce_)};
    for (int i = 0; i < kTries; ++i) {
      auto answer = world_.run(world_.store->hello(hello));
      if (answer.ok()) {
        EXPECT_FALSE(answer->draw_new_agent_id);
        epoch_ = answer->epoch;
        return true;
      }
      world_.executor.now->run_for(std::chrono::seconds(1));
    }
    return false;
  }
  // False: the store does not take it any more.
  bool send_named() {
    for (int i = 0; i < kTries; ++i) {
      auto result = world_.append(slice_of(1, position_, position_ + 10, fmt::format("n{}", position_), epoch_));
      if (result.ok()) {
        if (const auto* at = std::get_if<core::SliceAt>(&result->verdicts[0])) {
          EXPECT_EQ(at->mark.offset, position_ + 10) << "the frame was durable and the answer was lost";
        }
        wanted.push_back(fmt::format("n{}", position_));
        position_ += 10;
        return true;
      }
      world_.executor.now->run_for(std::chrono::seconds(1));
    }
    return false;
  }
  bool send_unnamed() {
    const std::string text = fmt::format("u{}", bodies_);
    for (int i = 0; i < kTries; ++i) {
      auto result = world_.append(line_at("a", static_cast<std::int64_t>(bodies_) * 50'000, text));
      if (result.ok()) {
        wanted.push_back(text);
        ++bodies_;
        return true;
      }
      world_.executor.now->run_for(std::chrono::seconds(1));
    }
    return false;
  }
  Lines wanted;

 private:
  static constexpr int kTries = 3;
  World& world_;
  std::uint64_t epoch_ = 0;
  std::uint64_t nonce_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t bodies_ = 0;
};

enum class Mode { kFailsOnce, kFullOnce, kPowerCut };

void open_until_it_works(World& world, Mode mode) {
  for (int i = 0; i < 10; ++i) {
    if (world.try_open().ok()) return;
    if (mode == Mode::kPowerCut) world.crash();
  }
  FAIL() << "does not open";
}

// Writes, flushes, merges and restarts; gives the number of file operations that took.
std::uint64_t run_cycle(Mode mode, std::uint64_t nth) {
  World world(nth);
  world.options.journal_file_bytes = 2000;
  if (mode == Mode::kPowerCut) world.files.power_off_at(nth);
  if (mode == Mode::kFailsOnce) world.files.fail_operation(nth, EIO);
  if (mode == Mode::kFullOnce) world.files.fail_operation(nth, ENOSPC);
  open_until_it_works(world, mode);
  Senders senders(world);
  std::size_t step = 0;
  bool greeted = false;
  int lives = 1;
  while (step < 24 && lives < 5) {
    bool ok = greeted || senders.greet();
    greeted = ok;
    if (ok && step % 8 == 6) ok = world.run(world.store->flush()).ok() || mode != Mode::kPowerCut;
    if (ok && step % 12 == 11) ok = world.run(world.store->compact()).ok() || mode != Mode::kPowerCut;
    if (ok) ok = step % 2 == 0 ? senders.send_named() : senders.send_unnamed();
    if (ok) {
      ++step;
      continue;
    }
    world.crash();
    open_until_it_works(world, mode);
    greeted = false;
    ++lives;
  }
  EXPECT_EQ(step, 24U) << "the store took nothing any more";
  std::sort(senders.wanted.begin(), senders.wanted.end());
  EXPECT_EQ(world.lines(), senders.wanted) << "mode " << static_cast<int>(mode) << " nth " << nth;
  world.crash();
  open_until_it_works(world, mode);
  EXPECT_EQ(world.lines(), senders.wanted) << "after a restart, mode " << static_cast<int>(mode) << " nth " << nth;
  EXPECT_TRUE(world.run(world.store->flush()).ok());
  EXPECT_EQ(world.lines(), senders.wanted) << "after the last flush, mode " << static_cast<int>(mode) << " nth " << nth;
  return world.files.operations();
}

void run_until_nothing_fails(Mode mode) {
  for (std::uint64_t nth = 1;; ++nth) {
    const std::uint64_t operations = run_cycle(mode, nth);
    if (::testing::Test::HasFailure() || nth > operations) return;
  }
}

TEST(StoreCrash, TheNthFileOperationFails) {
  run_until_nothing_fails(Mode::kFailsOnce);
}
TEST(StoreCrash, TheDiskIsFullAtTheNthFileOperation) {
  run_until_nothing_fails(Mode::kFullOnce);
}
TEST(StoreCrash, ThePowerGoesAtTheNthFileOperation) {
  run_until_nothing_fails(Mode::kPowerCut);
}

// --- the object store and the catalog fail
// ----------------------------------------------------------------------------

TEST(StoreCrash, AFlushThatFailsIsTriedAgainAndLosesNothing) {
  bool broken = true;
  World world;
  testing::StoreFaultPlan plan = [&broken](testing::StoreOperation operation, const std::string&) {
    testing::Fault fault;
    if (broken && operation == testing::StoreOperation::kPut) {
      fault.kind = testing::Fault::Kind::kRefused;
      fault.status = base::unavailable_error("away");
    }
    return fault;
  };
  auto below = std::make_unique<objectstore::MemStore>(world.executor);
  world.objects = testing::make_faulty_store(std::move(below), world.executor, std::move(plan));
  world.objects_in_use = world.objects_read = world.objects.get();
  world.open();
  ASSERT_TRUE(world.append(line_at("a", 1, "one")).ok());
  EXPECT_FALSE(world.run(world.store->flush()).ok());
  ASSERT_TRUE(world.append(line_at("a", 2, "two")).ok()) << "ingest goes on";
  EXPECT_EQ(world.lines(), (Lines{"one", "two"}));
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), (Lines{"one", "two"}));
  EXPECT_FALSE(world.run(world.store->flush()).ok());
  broken = false;
  EXPECT_TRUE(world.run(world.store->flush()).ok());
  EXPECT_EQ(world.lines(), (Lines{"one", "two"}));
  EXPECT_EQ(world.status().head_records, 0U);
}

TEST(StoreCrash, ACommitWithoutAnAnswerCountsOnce) {
  using Kind = testing::Fault::Kind;
  for (const Kind fault : {Kind::kAnswerLost, Kind::kRefused}) {
    World world;
    Kind next = Kind::kNone;
    auto faulty = testing::make_faulty_catalog(*world.catalog, world.executor, [&next](std::string_view method) {
      testing::Fault out;
      if (method != "commit") return out;
      out.kind = std::exchange(next, Kind::kNone);
      out.status = base::unavailable_error("catalog away");
      return out;
    });
    world.catalog_in_use = faulty.get();
    world.options.background_compaction = false;
    world.open();
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(world.append(line_at("a", i, std::to_string(i))).ok());
      next = fault;
      const bool flushed = world.run(world.store->flush()).ok();
      EXPECT_EQ(flushed, fault == Kind::kAnswerLost);
      EXPECT_TRUE(world.run(world.store->flush()).ok());
    }
    EXPECT_EQ(world.lines(), (Lines{"0", "1", "2"}));
    next = fault;
    EXPECT_EQ(world.run(world.store->compact()).ok(), fault == Kind::kAnswerLost);
    EXPECT_EQ(world.lines(), (Lines{"0", "1", "2"}));
    world.crash();
    world.open();
    EXPECT_EQ(world.lines(), (Lines{"0", "1", "2"}));
    EXPECT_TRUE(world.run(world.store->compact()).ok());
    EXPECT_EQ(world.status().parts, 1U);
    EXPECT_EQ(world.lines(), (Lines{"0", "1", "2"}));
    EXPECT_TRUE(world.close().ok());
  }
}

// --- everything at once, from a seed
// ------------------------------------------------------------------------------------

// What the senders know, which outlives the lives of the store.
struct Truth {
  std::set<std::string> sent;
  std::set<std::string> acknowledged;
  struct Agent {
    std::uint64_t epoch = 0;
    std::uint64_t nonce = 0;
    std::uint64_t position = 0;
  };
  std::map<std::uint64_t, Agent> agents;
  std::map<std::uint64_t, std::uint64_t> bodies;  // of each unnamed sender
  std::uint64_t snapshots = 0;
  std::string violation;
};

base::Task<void> run_named_sender(World* world, Truth* truth, std::uint64_t id) {
  Truth::Agent& agent = truth->agents[id];
  while (true) {
    core::AgentHello hello{
        core::TenantId::default_tenant(), "web-1", {test_hash(id)}, agent.epoch, test_hash(agent.nonce + id * 1000)};
    auto answer = co_await world->store->hello(std::move(hello));
    if (answer.ok() && !answer->draw_new_agent_id) {
      agent.epoch = answer->epoch;
      break;
    }
    if (answer.ok()) truth->violation = "an agent that followed the rules was told to draw a new id";
    co_await world->executor.sleep_for(std::chrono::milliseconds(100));
  }
  ++agent.nonce;
  while (true) {
    const std::string text = fmt::format("g{}-{}", id, agent.position);
    truth->sent.insert(text);
    std::string body = fmt::format("agent {} {} web-1\nslice {} {} {} kept\nnamed {} {} {}\n", id, agent.epoch, id,
                                   agent.position, agent.position + 10, World::kStart, agent.position, text);
    auto request = world->request(std::move(body));
    auto result = co_await world->store->append(std::move(request));
    if (!result.ok()) {
      co_await world->executor.sleep_for(std::chrono::milliseconds(100));
      continue;
    }
    const auto* at = std::get_if<core::SliceAt>(&result->verdicts[0]);
    if (at != nullptr && at->mark.offset != agent.position + 10) {
      truth->violation = fmt::format("the mark of {} is {}, the sender is at {}", id, at->mark.offset, agent.position);
      co_return;
    }
    truth->acknowledged.insert(text);
    agent.position += 10;
    co_await world->executor.sleep_for(std::chrono::milliseconds(world->random.next() % 40));
  }
}

base::Task<void> run_unnamed_sender(World* world, Truth* truth, std::uint64_t id) {
  while (true) {
    const std::uint64_t n = truth->bodies[id];
    std::string body;
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i <= n % 5; ++i) {
      texts.push_back(fmt::format("b{}-{}-{}", id, n, i));
      // Days apart, so that a flush has many partitions.
      body += line_at(fmt::format("s{}", id), static_cast<std::int64_t>((n * 7 + i) % 3 * 86'400), texts.back());
    }
    truth->sent.insert(texts.begin(), texts.end());
    auto request = world->request(std::move(body));
    auto result = co_await world->store->append(std::move(request));
    if (result.ok()) {
      truth->acknowledged.insert(texts.begin(), texts.end());
      ++truth->bodies[id];
    }
    co_await world->executor.sleep_for(std::chrono::milliseconds(world->random.next() % 40));
  }
}

void check_rows(const std::vector<segment::MemRow>& rows, const std::set<std::string>& must_have, Truth& truth) {
  std::set<std::string> found;
  for (const segment::MemRow& row : rows) {
    if (!found.insert(row.line).second) truth.violation = "found twice: " + row.line;
    if (!truth.sent.contains(row.line)) truth.violation = "never sent: " + row.line;
  }
  for (const std::string& line : must_have) {
    if (!found.contains(line)) truth.violation = "acknowledged and not found: " + line;
  }
}

base::Task<void> run_reader(World* world, Truth* truth) {
  while (true) {
    const std::set<std::string> before = truth->acknowledged;
    auto rows = co_await world->read(core::TenantId::default_tenant(), {});
    if (rows.ok()) {
      ++truth->snapshots;
      check_rows(*rows, before, *truth);
    }
    co_await world->executor.sleep_for(std::chrono::milliseconds(world->random.next() % 100));
  }
}

base::Task<void> run_maintenance(World* world) {
  while (true) {
    co_await world->executor.sleep_for(std::chrono::milliseconds(world->random.next() % 300));
    base::Status status = base::ok_status();
    if (world->random.next() % 3 == 0) {
      status = co_await world->store->compact();
    } else {
      status = co_await world->store->flush();
    }
  }
}

void run_seed(std::uint64_t seed) {
  World world(seed);
  std::mt19937_64 dice(seed);
  world.options.journal_file_bytes = 3000;
  world.options.head_flush_bytes = 10'000;
  world.options.head_bytes_max = 100'000;
  base::SeededRandom fault_random(seed);
  auto below = std::make_unique<objectstore::MemStore>(world.executor);
  world.objects_read = below.get();
  world.objects = testing::make_faulty_store(
      std::move(below), world.executor, [&fault_random](testing::StoreOperation, const std::string&) {
        return testing::draw_fault(fault_random, {0.03, 0.03, std::chrono::milliseconds(20)});
      });
  auto faulty_catalog = testing::make_faulty_catalog(*world.catalog, world.executor, [&fault_random](std::string_view) {
    return testing::draw_fault(fault_random, {0.05, 0.05, std::chrono::milliseconds(5)});
  });
  world.catalog_in_use = faulty_catalog.get();
  world.objects_in_use = world.objects.get();
  Truth truth;
  for (int life = 0; life < 6 && truth.violation.empty(); ++life) {
    bool opened = false;
    for (int i = 0; i < 50 && !opened; ++i) {
      opened = world.try_open().ok();
      if (!opened) world.crash();
    }
    ASSERT_TRUE(opened) << "seed " << seed;
    for (std::uint64_t id = 1; id <= 3; ++id) {
      world.executor.spawn(run_named_sender(&world, &truth, id));
      world.executor.spawn(run_unnamed_sender(&world, &truth, id));
    }
    world.executor.spawn(run_reader(&world, &truth));
    world.executor.spawn(run_maintenance(&world));
    if (dice() % 2 == 0) world.files.power_off_at(1 + dice() % 400);
    if (dice() % 2 == 0) world.files.fail_operation(1 + dice() % 200, dice() % 2 == 0 ? EIO : ENOSPC);
    world.executor.now->run_for(std::chrono::milliseconds(dice() % 700));
    if (dice() % 3 == 0) {
      world.kill();
    } else {
      world.crash();
    }
  }
  EXPECT_EQ(truth.violation, "") << "seed " << seed;
  for (int i = 0; i < 50 && world.store == nullptr; ++i) {
    if (!world.try_open().ok()) world.crash();
  }
  base::StatusOr<std::vector<segment::MemRow>> rows = base::unavailable_error("not read yet");
  for (int i = 0; i < 50 && !rows.ok(); ++i) rows = world.run(world.read(core::TenantId::default_tenant(), {}));
  ASSERT_TRUE(rows.ok());
  check_rows(*rows, truth.acknowledged, truth);
  EXPECT_EQ(truth.violation, "") << "at the end, seed " << seed;
  EXPECT_GT(truth.acknowledged.size(), 20U) << "seed " << seed;
  world.abandon();
}

TEST(StoreCrash, EverythingAtOnceFromASeed) {
  const char* count = std::getenv("CORDWOOD_STORE_SEEDS");
  const std::uint64_t seeds = count == nullptr ? 20 : std::strtoull(count, nullptr, 10);
  for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) run_seed(seed);
}

}  // namespace
}  // namespace cordwood::store
