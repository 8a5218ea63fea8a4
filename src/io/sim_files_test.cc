#include "io/sim_files.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace cordwood::io {
namespace {

std::string read(SimFiles& files, const std::string& path) {
  auto bytes = read_whole_file(files, path, 1 << 24);
  return bytes.ok() ? *bytes : std::string(base::code_name(bytes.status().code()));
}

// What a file that was synced as `synced` and then appended to may be after a crash, by seed.
std::set<std::string> outcomes(const std::function<void(SimFiles&)>& act, const std::string& path) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SimFiles files;
    act(files);
    files.crash(seed);
    seen.insert(read(files, path));
  }
  return seen;
}

TEST(SimFilesTest, SyncedBytesInASyncedDirectorySurviveEveryCrash) {
  const auto seen = outcomes(
      [](SimFiles& files) {
        auto file = files.open("/f", OpenMode::kCreateNew);
        ASSERT_TRUE((*file)->append("durable").ok());
        ASSERT_TRUE((*file)->sync().ok());
        ASSERT_TRUE(files.sync_directory("/").ok());
      },
      "/f");
  EXPECT_EQ(seen, (std::set<std::string>{"durable"}));
}

// Sectors of a synced file that were overwritten are old or new after a crash, each for itself; nothing else changes.
TEST(SimFilesTest, OverwrittenSectorsAreOldOrNew) {
  bool all_old = false;
  bool all_new = false;
  bool mixed = false;
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    SimFiles files;
    auto file = *files.open("f", OpenMode::kCreateNew);
    ASSERT_TRUE(file->append(std::string(4096, 'o')).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(files.sync_directory("/").ok());
    auto writer = *files.open("f", OpenMode::kReadWrite);
    ASSERT_TRUE(writer->write_at(700, std::string(1300, 'n')).ok());
    files.crash(seed);
    const std::string after = read_whole_file(files, "f", 1 << 20).value();
    ASSERT_EQ(after.size(), 4096U);
    EXPECT_EQ(after.substr(0, 700), std::string(700, 'o'));
    EXPECT_EQ(after.substr(2000), std::string(2096, 'o'));
    const std::string one[] = {after.substr(700, 324), after.substr(1024, 512), after.substr(1536, 464)};
    std::size_t fresh = 0;
    for (const std::string& part : one) {
      EXPECT_TRUE(part == std::string(part.size(), 'o') || part == std::string(part.size(), 'n'));
      fresh += part[0] == 'n' ? 1 : 0;
    }
    all_old |= fresh == 0;
    all_new |= fresh == 3;
    mixed |= fresh == 1 || fresh == 2;
  }
  EXPECT_TRUE(all_old && all_new && mixed);
}

TEST(SimFilesTest, SyncedOverwritesStay) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    SimFiles files;
    auto file = *files.open("f", OpenMode::kCreateNew);
    ASSERT_TRUE(file->append(std::string(4096, 'o')).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(files.sync_directory("/").ok());
    auto writer = *files.open("f", OpenMode::kReadWrite);
    ASSERT_TRUE(writer->write_at(100, "new").ok());
    ASSERT_TRUE(writer->write_at(5000, "end").ok());
    ASSERT_TRUE(writer->sync().ok());
    files.crash(seed);
    const std::string after = read_whole_file(files, "f", 1 << 20).value();
    ASSERT_EQ(after.size(), 5003U);
    EXPECT_EQ(after.substr(100, 3), "new");
    EXPECT_EQ(after.substr(5000), "end");
  }
}

// After a sync that failed the kernel calls the sectors clean: only those that are written again reach the disk.
TEST(SimFilesTest, AnOverwriteWhoseSyncFailedIsDurableOnceItIsWrittenAgain) {
  bool lost = false;
  for (std::uint64_t seed = 1; seed < 40; ++seed) {
    SimFiles files;
    auto file = *files.open("f", OpenMode::kCreateNew);
    ASSERT_TRUE(file->append(std::string(4096, 'o')).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(files.sync_directory("/").ok());
    auto writer = *files.open("f", OpenMode::kReadWrite);
    ASSERT_TRUE(writer->write_at(0, std::string(1024, 'n')).ok());
    files.fail_operation(1, EIO);
    ASSERT_FALSE(writer->sync().ok());
    writer = *files.open("f", OpenMode::kReadWrite);
    ASSERT_TRUE(writer->write_at(0, std::string(512, 'n')).ok());
    ASSERT_TRUE(writer->sync().ok());
    files.crash(seed);
    const std::string after = read_whole_file(files, "f", 1 << 20).value();
    EXPECT_EQ(after.substr(0, 512), std::string(512, 'n'));
    lost |= after[512] == 'o';
  }
  EXPECT_TRUE(lost);
}

TEST(SimFilesTest, UnsyncedBytesAreLostKeptOrTorn) {
  const std::string tail(2000, 'x');
  const auto seen = outcomes(
      [&](SimFiles& files) {
        auto file = files.open("/f", OpenMode::kCreateNew);
        ASSERT_TRUE((*file)->append("durable").ok());
        ASSERT_TRUE((*file)->sync().ok());
        ASSERT_TRUE(files.sync_directory("/").ok());
        ASSERT_TRUE((*file)->append(tail).ok());
      },
      "/f");
  bool zeros = false;
  bool cut = false;
  for (const std::string& content : seen) {
    ASSERT_EQ(content.substr(0, 7), "durable");
    ASSERT_LE(content.size(), 7 + tail.size());
    zeros |= content.find('\0') != std::string::npos;
    cut |= content.size() > 7 && content.size() < 7 + tail.size();
  }
  EXPECT_TRUE(seen.contains("durable"));
  EXPECT_TRUE(seen.contains("durable" + tail));
  EXPECT_TRUE(zeros);
  EXPECT_TRUE(cut);
}

TEST(SimFilesTest, AFileWhoseDirectoryWasNotSyncedMayBeGone) {
  const auto seen = outcomes(
      [](SimFiles& files) {
        auto file = files.open("/f", OpenMode::kCreateNew);
        ASSERT_TRUE((*file)->append("x").ok());
        ASSERT_TRUE((*file)->sync().ok());
      },
      "/f");
  EXPECT_EQ(seen, (std::set<std::string>{"x", "not_found"}));
}

TEST(SimFilesTest, AnUnsyncedTruncateMayComeUndone) {
  const auto seen = outcomes(
      [](SimFiles& files) {
        auto file = files.open("/f", OpenMode::kCreateNew);
        ASSERT_TRUE((*file)->append("0123456789").ok());
        ASSERT_TRUE((*file)->sync().ok());
        ASSERT_TRUE(files.sync_directory("/").ok());
        ASSERT_TRUE((*file)->truncate(6).ok());
        ASSERT_TRUE((*file)->truncate(4).ok());
      },
      "/f");
  EXPECT_EQ(seen, (std::set<std::string>{"0123456789", "0123"}));
}

TEST(SimFilesTest, ReplaceFileIsOldOrNewAtEveryPointOfTime) {
  std::set<std::string> seen;
  for (std::uint64_t nth = 1; nth < 20; ++nth) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      SimFiles files;
      ASSERT_TRUE(replace_file(files, "/f", "old").ok());
      files.power_off_at(nth);
      const base::Status replaced = replace_file(files, "/f", "new!");
      files.crash(seed);
      const std::string content = read(files, "/f");
      if (replaced.ok()) {
        ASSERT_EQ(content, "new!");
      }
      seen.insert(content);
      ASSERT_TRUE(replace_file(files, "/f", "next").ok());
      ASSERT_EQ(read(files, "/f"), "next");
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"old", "new!"}));
}

TEST(SimFilesTest, ReplaceFileReportsEveryFailureAndKeepsOneContent) {
  bool done = false;
  for (std::uint64_t nth = 1; !done; ++nth) {
    SimFiles files;
    ASSERT_TRUE(replace_file(files, "/f", "old").ok());
    files.fail_operation(nth, EIO);
    const base::Status replaced = replace_file(files, "/f", "new");
    files.fail_operation(0, 0);
    done = replaced.ok();
    ASSERT_LT(nth, 20U);
    const std::string content = read(files, "/f");
    ASSERT_TRUE(content == "new" || (!done && content == "old")) << nth << " " << content;
  }
}

TEST(SimFilesTest, BytesOfAFailedSyncAreNotMadeDurableByALaterOne) {
  const auto seen = outcomes(
      [](SimFiles& files) {
        auto file = files.open("/f", OpenMode::kCreateNew);
        ASSERT_TRUE(files.sync_directory("/").ok());
        ASSERT_TRUE((*file)->append("lost").ok());
        files.fail_operation(1, EIO);
        ASSERT_EQ((*file)->sync().code(), base::StatusCode::kDataLoss);
        ASSERT_FALSE((*file)->sync().ok());
        // Another handle does not hear of it: the kernel has called the pages clean.
        auto other = files.open("/f", OpenMode::kAppend);
        ASSERT_TRUE((*other)->sync().ok());
        ASSERT_EQ(read(files, "/f"), "lost");
      },
      "/f");
  EXPECT_TRUE(seen.contains(std::string(4, '\0')));
}

TEST(SimFilesTest, AFailingAppendMayLeaveAPart) {
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    SimFiles files;
    auto file = files.open("/f", OpenMode::kCreateNew);
    for (int k = 0; k < i; ++k) {
      files.fail_operation(1, ENOSPC);
      ASSERT_EQ((*file)->append("abcd").code(), base::StatusCode::kResourceExhausted);
      seen.insert(read(files, "/f"));
      ASSERT_TRUE((*file)->truncate(0).ok());
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"", "a", "ab", "abc"}));
}

TEST(SimFilesTest, AFullDiskTakesNothingMoreUntilSomethingIsRemoved) {
  SimFiles files;
  files.set_capacity(100);
  auto a = files.open("/a", OpenMode::kCreateNew);
  ASSERT_TRUE((*a)->append(std::string(60, 'a')).ok());
  EXPECT_EQ(files.free_bytes("/").value(), 40U);
  auto b = files.open("/b", OpenMode::kCreateNew);
  ASSERT_TRUE((*b)->preallocate(30).ok());
  EXPECT_EQ((*a)->append(std::string(20, 'a')).code(), base::StatusCode::kResourceExhausted);
  EXPECT_TRUE((*b)->append(std::string(30, 'b')).ok());
  EXPECT_EQ((*b)->preallocate(1000).code(), base::StatusCode::kResourceExhausted);
  ASSERT_TRUE(files.remove("/a").ok());
  EXPECT_TRUE((*b)->append(std::string(50, 'b')).ok());
}

TEST(SimFilesTest, KillKeepsWhatWasWrittenAndEndsHandlesAndLocks) {
  SimFiles files;
  auto file = files.open("/f", OpenMode::kCreateNew);
  auto lock = files.lock("/lock");
  ASSERT_TRUE((*file)->append("written").ok());
  files.kill();
  EXPECT_EQ((*file)->append("x").code(), base::StatusCode::kUnavailable);
  EXPECT_EQ(read(files, "/f"), "written");
  auto next = files.lock("/lock");
  ASSERT_TRUE(next.ok());
  lock->reset();  // the dead process's lock must not release the living one's
  EXPECT_FALSE(files.lock("/lock").ok());
}

TEST(SimFilesTest, CountsAndHooks) {
  SimFiles files;
  files.set_fault_hook([](FileOperation operation, const std::string& path) {
    return operation == FileOperation::kRemove && path == "/keep" ? base::unavailable_error("busy") : base::ok_status();
  });
  ASSERT_TRUE(files.open("/keep", OpenMode::kCreateNew).ok());
  EXPECT_EQ(files.remove("/keep").code(), base::StatusCode::kUnavailable);
  EXPECT_EQ(files.count(FileOperation::kRemove), 1U);
  EXPECT_EQ(files.operations(), 2U);
  EXPECT_EQ(files.flip_bit("/keep", 0, 0).code(), base::StatusCode::kOutOfRange);
}

TEST(SimFilesTest, TheSameSeedGivesTheSameDisk) {
  const auto run = [](std::uint64_t seed) {
    SimFiles files;
    std::string all;
    for (int i = 0; i < 10; ++i) {
      auto file = files.open("/f" + std::to_string(i), OpenMode::kCreateNew);
      EXPECT_TRUE((*file)->append(std::string(700, static_cast<char>('a' + i))).ok());
    }
    files.crash(seed);
    const std::vector<std::string> names = files.list("/").value();
    for (const std::string& name : names) all += name + read(files, "/" + name);
    return all;
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

}  // namespace
}  // namespace cordwood::io
