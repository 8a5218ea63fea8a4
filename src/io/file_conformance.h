// What every FileSystem must do. Include it from one *_test.cc of a binary and instantiate:
//   INSTANTIATE_TEST_SUITE_P(Posix, FileConformance, testing::Values(make_posix_files), ...);
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "io/file.h"

namespace cordwood::io {

// A file system with an empty directory to work in; both go away with it.
struct FilesUnderTest {
  virtual ~FilesUnderTest() = default;
  virtual FileSystem& files() = 0;
  virtual std::string root() = 0;
};
using FilesFactory = std::function<std::unique_ptr<FilesUnderTest>()>;

class FileConformance : public testing::TestWithParam<FilesFactory> {
 protected:
  std::string path(std::string_view name) const { return root_ + "/" + std::string(name); }
  void write(std::string_view name, std::string_view bytes) {
    auto file = files_.open(path(name), OpenMode::kCreateNew);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->append(bytes).ok());
  }
  std::string read(std::string_view name) {
    auto bytes = read_whole_file(files_, path(name), 1 << 24);
    return bytes.ok() ? *bytes : std::string(bytes.status().ToString());
  }

  const std::unique_ptr<FilesUnderTest> under_test_ = GetParam()();
  FileSystem& files_ = under_test_->files();
  const std::string root_ = under_test_->root();
};

TEST_P(FileConformance, AppendedBytesAreReadBackAtAnyOffset) {
  auto file = files_.open(path("f"), OpenMode::kCreateNew);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->append("hello ").ok());
  ASSERT_TRUE((*file)->append("").ok());
  ASSERT_TRUE((*file)->append(std::string_view("wor\0ld", 6)).ok());
  ASSERT_TRUE((*file)->sync().ok());
  EXPECT_EQ((*file)->read_at(0, 100).value(), std::string("hello wor\0ld", 12));
  EXPECT_EQ((*file)->read_at(4, 3).value(), "o w");
  EXPECT_EQ((*file)->read_at(12, 3).value(), "");
  EXPECT_EQ((*file)->read_at(1000, 3).value(), "");
  EXPECT_EQ((*file)->read_at(UINT64_MAX, 3).value(), "");
  EXPECT_EQ((*file)->read_at(3, 0).value(), "");
  char buffer[4] = "zzz";
  EXPECT_EQ((*file)->read_into(10, buffer, 3).value(), 2U);
  EXPECT_EQ(std::string_view(buffer, 3), "ldz");
  EXPECT_EQ((*file)->stat().value().bytes, 12U);
}

TEST_P(FileConformance, WritesAnywhereWhenOpenedForThat) {
  EXPECT_EQ(files_.open(path("f"), OpenMode::kReadWrite).status().code(), base::StatusCode::kNotFound);
  write("f", "0123456789");
  auto file = files_.open(path("f"), OpenMode::kReadWrite);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->write_at(3, "abc").ok());
  EXPECT_TRUE((*file)->write_at(8, "xyz").ok());
  EXPECT_TRUE((*file)->write_at(13, "!").ok());
  EXPECT_TRUE((*file)->write_at(2, "").ok());
  EXPECT_TRUE((*file)->sync().ok());
  EXPECT_EQ(read("f"), std::string("012abc67xyz\0\0!", 14));
  ASSERT_TRUE((*file)->truncate(4).ok());
  EXPECT_EQ(read("f"), "012a");
  auto reader = files_.open(path("f"), OpenMode::kRead);
  EXPECT_FALSE((*reader)->write_at(0, "z").ok());
}

TEST_P(FileConformance, AReadFarLargerThanTheFileTakesNoMemoryForIt) {
  write("f", "abc");
  auto file = files_.open(path("f"), OpenMode::kRead);
  EXPECT_EQ((*file)->read_at(0, std::size_t{1} << 50).value(), "abc");
}

TEST_P(FileConformance, BytesBeyondAFewMegabytesComeBackWhole) {
  std::string big;
  for (int i = 0; big.size() < (5U << 20); ++i) big += std::to_string(i) + ",";
  write("f", big);
  EXPECT_EQ(read("f"), big);
  auto file = files_.open(path("f"), OpenMode::kRead);
  EXPECT_EQ((*file)->read_at(1 << 20, 3 << 20).value(), big.substr(1 << 20, 3 << 20));
}

TEST_P(FileConformance, OpenModes) {
  EXPECT_EQ(files_.open(path("f"), OpenMode::kRead).status().code(), base::StatusCode::kNotFound);
  EXPECT_EQ(files_.open(path("f"), OpenMode::kAppend).status().code(), base::StatusCode::kNotFound);
  write("f", "one");
  EXPECT_EQ(files_.open(path("f"), OpenMode::kCreateNew).status().code(), base::StatusCode::kAlreadyExists);
  auto again = files_.open(path("f"), OpenMode::kAppend);
  ASSERT_TRUE(again.ok());
  ASSERT_TRUE((*again)->append("two").ok());
  EXPECT_EQ(read("f"), "onetwo");
  auto reader = files_.open(path("f"), OpenMode::kRead);
  EXPECT_FALSE((*reader)->append("x").ok());
  EXPECT_FALSE((*reader)->truncate(0).ok());
  EXPECT_EQ(read("f"), "onetwo");
  EXPECT_EQ(files_.open(path("no/f"), OpenMode::kCreateNew).status().code(), base::StatusCode::kNotFound);
}

TEST_P(FileConformance, ErrorsNameOperationAndPath) {
  const auto missing = files_.open(path("missing"), OpenMode::kRead);
  const std::string text(base::message_of(missing.status()));
  EXPECT_NE(text.find("open " + path("missing") + ": "), std::string::npos) << text;
}

TEST_P(FileConformance, APathWithANulByteIsRefused) {
  write("f", "x");
  const std::string bad = path("f") + std::string("\0g", 2);
  EXPECT_EQ(files_.open(bad, OpenMode::kRead).status().code(), base::StatusCode::kInvalidArgument);
  EXPECT_EQ(files_.remove(bad).code(), base::StatusCode::kInvalidArgument);
  EXPECT_EQ(read("f"), "x");
}

TEST_P(FileConformance, TruncateCutsAndLaterAppendsGoToTheNewEnd) {
  auto file = files_.open(path("f"), OpenMode::kCreateNew);
  ASSERT_TRUE((*file)->append("0123456789").ok());
  ASSERT_TRUE((*file)->truncate(4).ok());
  ASSERT_TRUE((*file)->append("AB").ok());
  EXPECT_EQ(read("f"), "0123AB");
}

TEST_P(FileConformance, PreallocatingKeepsTheSize) {
  auto file = files_.open(path("f"), OpenMode::kCreateNew);
  ASSERT_TRUE((*file)->preallocate(1 << 20).ok());
  ASSERT_TRUE((*file)->preallocate(0).ok());
  EXPECT_EQ((*file)->stat().value().bytes, 0U);
  ASSERT_TRUE((*file)->append("abc").ok());
  EXPECT_EQ(read("f"), "abc");
}

TEST_P(FileConformance, StatTellsFilesFromDirectoriesAndContentsApart) {
  write("f", "abc");
  ASSERT_TRUE(files_.make_directories(path("d")).ok());
  const FileStat file = files_.stat(path("f")).value();
  const FileStat directory = files_.stat(path("d")).value();
  EXPECT_TRUE(file.is_regular && !file.is_directory);
  EXPECT_TRUE(directory.is_directory && !directory.is_regular);
  EXPECT_NE(file.inode, directory.inode);
  EXPECT_EQ(file.bytes, 3U);
  EXPECT_GT(file.modified.value, 0);
  EXPECT_EQ(files_.stat(path("none")).status().code(), base::StatusCode::kNotFound);
  ASSERT_TRUE(files_.rename(path("f"), path("g")).ok());
  EXPECT_EQ(files_.stat(path("g")).value().inode, file.inode);
}

TEST_P(FileConformance, ListIsSortedAndWithoutDots) {
  for (const char* name : {"b", "a", ".hidden", "C"}) write(name, "");
  EXPECT_EQ(files_.list(root_).value(), (std::vector<std::string>{".hidden", "C", "a", "b"}));
  EXPECT_EQ(files_.list(path("none")).status().code(), base::StatusCode::kNotFound);
  EXPECT_FALSE(files_.list(path("a")).ok());
}

TEST_P(FileConformance, MakeDirectoriesMakesParentsAndAcceptsWhatExists) {
  ASSERT_TRUE(files_.make_directories(path("x/y/z")).ok());
  ASSERT_TRUE(files_.make_directories(path("x/y/z/")).ok());
  EXPECT_TRUE(files_.stat(path("x/y/z")).value().is_directory);
  write("file", "");
  EXPECT_EQ(files_.make_directories(path("file")).code(), base::StatusCode::kAlreadyExists);
  EXPECT_FALSE(files_.make_directories(path("file/below")).ok());
}

TEST_P(FileConformance, RenameReplaces) {
  write("a", "A");
  write("b", "B");
  ASSERT_TRUE(files_.rename(path("a"), path("b")).ok());
  EXPECT_EQ(read("b"), "A");
  EXPECT_EQ(files_.stat(path("a")).status().code(), base::StatusCode::kNotFound);
  EXPECT_EQ(files_.rename(path("a"), path("c")).code(), base::StatusCode::kNotFound);
  EXPECT_EQ(files_.rename(path("b"), path("no/c")).code(), base::StatusCode::kNotFound);
  ASSERT_TRUE(files_.rename(path("b"), path("b")).ok());
  EXPECT_EQ(read("b"), "A");
}

TEST_P(FileConformance, RenameIfAbsentNeverReplaces) {
  write("a", "A");
  write("b", "B");
  EXPECT_EQ(files_.rename_if_absent(path("a"), path("b")).code(), base::StatusCode::kAlreadyExists);
  EXPECT_EQ(read("a"), "A");
  EXPECT_EQ(read("b"), "B");
  ASSERT_TRUE(files_.rename_if_absent(path("a"), path("c")).ok());
  EXPECT_EQ(read("c"), "A");
  EXPECT_EQ(files_.stat(path("a")).status().code(), base::StatusCode::kNotFound);
}

TEST_P(FileConformance, OfRacingRenamesIfAbsentOneWins) {
  constexpr int kThreads = 8;
  for (int i = 0; i < kThreads; ++i) write("from" + std::to_string(i), std::to_string(i));
  std::vector<base::Status> results(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      results[static_cast<std::size_t>(i)] = files_.rename_if_absent(path("from" + std::to_string(i)), path("to"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::string winner;
  for (int i = 0; i < kThreads; ++i) {
    if (results[static_cast<std::size_t>(i)].ok()) winner += std::to_string(i);
  }
  EXPECT_EQ(winner.size(), 1U);
  EXPECT_EQ(read("to"), winner);
}

TEST_P(FileConformance, ARemovedFileStaysReadableThroughItsHandle) {
  write("f", "abc");
  auto file = files_.open(path("f"), OpenMode::kRead);
  ASSERT_TRUE(files_.remove(path("f")).ok());
  EXPECT_EQ((*file)->read_at(0, 10).value(), "abc");
  EXPECT_EQ(files_.remove(path("f")).code(), base::StatusCode::kNotFound);
}

TEST_P(FileConformance, OnlyEmptyDirectoriesAreRemoved) {
  ASSERT_TRUE(files_.make_directories(path("d")).ok());
  write("d/f", "");
  EXPECT_FALSE(files_.remove(path("d")).ok());
  ASSERT_TRUE(files_.remove(path("d/f")).ok());
  ASSERT_TRUE(files_.remove(path("d")).ok());
  EXPECT_EQ(files_.stat(path("d")).status().code(), base::StatusCode::kNotFound);
}

TEST_P(FileConformance, SyncDirectoryAndFreeBytes) {
  EXPECT_TRUE(files_.sync_directory(root_).ok());
  EXPECT_EQ(files_.sync_directory(path("none")).code(), base::StatusCode::kNotFound);
  EXPECT_GT(files_.free_bytes(root_).value(), 0U);
}

TEST_P(FileConformance, ALockHasOneHolderAndItsPidIsInTheFileAndInTheError) {
  auto first = files_.lock(path("lock"));
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string pid = std::to_string(::getpid());
  EXPECT_EQ(read("lock"), pid + "\n");
  const auto second = files_.lock(path("lock"));
  EXPECT_EQ(second.status().code(), base::StatusCode::kFailedPrecondition);
  EXPECT_NE(second.status().ToString().find("process " + pid), std::string::npos) << second.status();
  first->reset();
  EXPECT_TRUE(files_.lock(path("lock")).ok());
}

TEST_P(FileConformance, ReplaceFileLeavesNoTemporaryAndSurvivesAStaleOne) {
  ASSERT_TRUE(replace_file(files_, path("f"), "one").ok());
  write("f.tmp", "left behind by a crash");
  ASSERT_TRUE(replace_file(files_, path("f"), "two").ok());
  EXPECT_EQ(read("f"), "two");
  EXPECT_EQ(files_.list(root_).value(), (std::vector<std::string>{"f"}));
  EXPECT_EQ(replace_file(files_, path("no/f"), "x").code(), base::StatusCode::kNotFound);
}

TEST_P(FileConformance, ReadWholeFileRefusesALargerOne) {
  write("f", "0123456789");
  EXPECT_EQ(read_whole_file(files_, path("f"), 10).value(), "0123456789");
  EXPECT_EQ(read_whole_file(files_, path("f"), 9).status().code(), base::StatusCode::kResourceExhausted);
  write("empty", "");
  EXPECT_EQ(read_whole_file(files_, path("empty"), 0).value(), "");
}

TEST_P(FileConformance, ManyThreadsReadOneFile) {
  std::string content(1 << 16, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7);
  write("f", content);
  auto file = files_.open(path("f"), OpenMode::kRead);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 200; ++i) {
        const std::size_t offset = (i * 337 + t * 1013) % content.size();
        EXPECT_EQ((*file)->read_at(offset, 100).value(), content.substr(offset, 100));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace cordwood::io
