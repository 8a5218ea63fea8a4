// Whatever fails and whenever the power goes: what was acknowledged is found once, and nothing else is. Here one thing
// fails at a time; tests/sim has everything at once from a seed.
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

// The operation that fails may be one of the test's own.
Lines lines_of(World& world, Mode mode) {
  for (int i = 0; i < 3; ++i) {
    auto rows = world.run(world.read(core::TenantId::default_tenant(), {}));
    if (rows.ok()) {
      Lines lines;
      for (const segment::MemRow& row : *rows) lines.push_back(row.line);
      std::sort(lines.begin(), lines.end());
      return lines;
    }
    if (mode != Mode::kPowerCut) continue;
    world.crash();
    open_until_it_works(world, mode);
  }
  return {"cannot be read"};
}
bool flushes(World& world, Mode mode) {
  for (int i = 0; i < 3; ++i) {
    if (world.run(world.store->flush()).ok()) return true;
    if (mode != Mode::kPowerCut) continue;
    world.crash();
    open_until_it_works(world, mode);
  }
  return false;
}

// Writes, flushes, merges and restarts; gives the number of file operations that took.
std::uint64_t run_cycle(Mode mode, std::uint64_t nth) {
  World world(nth);
  world.options.journal_file_bytes = 2000;
  world.objects_on_disk = true;
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
  EXPECT_EQ(lines_of(world, mode), senders.wanted) << "mode " << static_cast<int>(mode) << " nth " << nth;
  world.crash();
  open_until_it_works(world, mode);
  EXPECT_EQ(lines_of(world, mode), senders.wanted) << "after a restart, mode " << static_cast<int>(mode) << " nth " << nth;
  EXPECT_TRUE(flushes(world, mode));
  EXPECT_EQ(lines_of(world, mode), senders.wanted) << "after the last flush, mode " << static_cast<int>(mode) << " nth " << nth;
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

}  // namespace
}  // namespace cordwood::store
