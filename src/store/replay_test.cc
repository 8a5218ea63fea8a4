// A journal that holds more than the head may: what does not fit is left there, found all the same, and flushed later.
#include <cerrno>

#include "store/store_testing.h"

namespace cordwood::store {
namespace {

using Lines = std::vector<std::string>;

// Bodies of some 600 bytes, more of them than a head of `kHeadBytes` holds.
constexpr std::uint64_t kHeadBytes = 20'000;
constexpr int kBodies = 120;

std::string body_of(int number) {
  std::string body;
  for (int i = 0; i < 3; ++i) {
    body += line_at(number % 2 == 0 ? "even" : "odd", number * 100 + i,
                    fmt::format("{} {} {}", number, i, std::string(150, 'x')));
  }
  return body;
}

// Fills the journal of a server with a large head, kills it, and makes the head small.
void fill_and_kill(World& world) {
  world.options.journal_file_bytes = 8'000;
  world.options.background_compaction = false;
  world.open();
  world.hello(1, 0, 7);
  for (int i = 0; i < kBodies; ++i) {
    ASSERT_TRUE(world.append(body_of(i)).ok());
    if (i % 10 == 0) {
      const auto at = static_cast<std::uint64_t>(i);
      ASSERT_TRUE(world.append(slice_of(1, at, at + 10, fmt::format("named {}", i))).ok());
    }
  }
  world.kill();
  world.options.head_bytes_max = kHeadBytes;
  world.options.head_flush_bytes = kHeadBytes / 4;
}

Lines texts_of(const std::vector<segment::MemRow>& rows) {
  Lines out;
  for (const segment::MemRow& row : rows) out.push_back(row.line);
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Replay, LeavesInTheJournalWhatTheHeadHasNoRoomFor) {
  World world;
  fill_and_kill(world);
  const auto wanted = [&] {
    World other;
    fill_and_kill(other);
    other.options = world.options;
    other.options.head_bytes_max = 100 << 20;
    other.options.head_flush_bytes = 50 << 20;
    other.open();
    return other.rows();
  }();
  ASSERT_EQ(wanted.size(), kBodies * 3U + kBodies / 10);
  world.open();
  EXPECT_EQ(world.status().head_records, wanted.size());
  EXPECT_LT(world.status().head_bytes, 3 * kHeadBytes);
  EXPECT_EQ(world.rows(), wanted) << "with the same names in the same order";
  EXPECT_TRUE(world.run(world.store->flush()).ok());
  EXPECT_EQ(world.rows(), wanted);
  EXPECT_EQ(world.status().head_records, 0U);
  EXPECT_LE(world.journal_files().size(), 1U);
}

TEST(Replay, KnowsTheMarksAndHashesOfWhatIsInTheJournal) {
  World world;
  fill_and_kill(world);
  world.open();
  const Lines before = world.lines();
  ASSERT_TRUE(world.append(body_of(kBodies - 1)).ok());
  ASSERT_TRUE(world.append(body_of(0)).ok());
  auto slice = world.append(slice_of(1, 110, 120, "named 110"));
  ASSERT_TRUE(slice.ok());
  ASSERT_TRUE(std::holds_alternative<core::SliceAt>(slice->verdicts[0]));
  EXPECT_EQ(std::get<core::SliceAt>(slice->verdicts[0]).mark.offset, 120U);
  EXPECT_EQ(world.lines(), before);
}

// After each of the flushes that a restart owes, the process is killed.
TEST(Replay, LosesNothingWhenItIsKilledBetweenItsFlushes) {
  World world;
  fill_and_kill(world);
  Lines wanted;
  for (int life = 0; life < 30; ++life) {
    world.open();
    if (wanted.empty()) wanted = world.lines();
    ASSERT_EQ(world.lines(), wanted) << life;
    ASSERT_TRUE(world.append(line_at("late", 50'000 + life, fmt::format("late {}", life))).ok());
    wanted.push_back(fmt::format("late {}", life));
    std::sort(wanted.begin(), wanted.end());
    world.executor.now->run_for(std::chrono::milliseconds(life % 3));
    ASSERT_EQ(world.lines(), wanted) << life;
    if (life % 2 == 0) {
      world.kill();
    } else {
      world.crash();
    }
  }
  world.open();
  EXPECT_TRUE(world.run(world.store->flush()).ok());
  EXPECT_EQ(world.lines(), wanted);
}

TEST(Replay, OpensOnAFullDisk) {
  World world;
  world.objects_on_disk = true;
  fill_and_kill(world);
  // Nothing at all is free: not even a copy of the journal's last frames fits.
  world.files.set_capacity(1);
  world.open();
  EXPECT_EQ(world.lines().size(), kBodies * 3U + kBodies / 10);
  EXPECT_FALSE(world.run(world.store->flush()).ok());
  EXPECT_EQ(world.lines().size(), kBodies * 3U + kBodies / 10) << "reads go on";
  EXPECT_FALSE(world.append(line_at("a", 1, std::string(20'000, 'y'))).ok());
  world.files.set_capacity(UINT64_MAX);
  EXPECT_TRUE(world.run(world.store->flush()).ok()) << "and so does everything when there is space again";
  EXPECT_TRUE(world.append(line_at("a", 1, "more")).ok());
  EXPECT_EQ(world.lines().size(), kBodies * 3U + kBodies / 10 + 1);
}

TEST(Replay, ASnapshotReadsOnWhileItsFramesAreFlushedAndTrimmed) {
  World world;
  fill_and_kill(world);
  world.open();
  base::StatusOr<StoreSnapshot> snapshot =
      world.run(world.store->snapshot(core::TenantId::default_tenant(), core::TimeRange{}));
  ASSERT_TRUE(snapshot.ok());
  EXPECT_TRUE(world.run(world.store->flush()).ok());
  auto rows = world.run(world.read_snapshot(*std::move(snapshot)));
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(texts_of(*rows), world.lines());
}

TEST(Replay, DeletesFromWhatIsInTheJournal) {
  World world;
  fill_and_kill(world);
  world.open();
  const std::size_t before = world.lines().size();
  core::DeletionRequest request;
  request.tenant = core::TenantId::default_tenant();
  request.query = "odd";
  ASSERT_TRUE(world.run(world.store->request_deletion(request)).ok());
  const std::size_t left = world.lines().size();
  EXPECT_EQ(left, before - kBodies / 2 * 3U);
  EXPECT_TRUE(world.run(world.store->flush()).ok());
  EXPECT_EQ(world.lines().size(), left);
}

TEST(Replay, SaysWhichFrameChangedUnderIt) {
  World world;
  fill_and_kill(world);
  world.open();
  const std::vector<std::string> files = world.journal_files();
  for (const std::string& file : files) {
    EXPECT_EQ(world.files.flip_bit("/data/journal/" + file, 3000, 3).ok(), file != files.back()) << file;
  }
  auto rows = world.run(world.read(core::TenantId::default_tenant(), {}));
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.status().code(), base::StatusCode::kDataLoss);
  EXPECT_FALSE(world.run(world.store->flush()).ok()) << "the journal is kept";
  for (const std::string& file : files) world.files.flip_bit("/data/journal/" + file, 3000, 3).IgnoreError();
}

}  // namespace
}  // namespace cordwood::store
