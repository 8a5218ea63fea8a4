#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "io/file.h"
#include "io/file_conformance.h"
#include "io/sim_files.h"

namespace cordwood::io {
namespace {

class PosixUnderTest final : public FilesUnderTest {
 public:
  PosixUnderTest() {
    std::string pattern = testing::TempDir() + "/cordwood_files_XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  ~PosixUnderTest() override { std::filesystem::remove_all(root_); }
  FileSystem& files() override { return system_files(); }
  std::string root() override { return root_; }

 private:
  std::string root_;
};

class SimUnderTest final : public FilesUnderTest {
 public:
  SimUnderTest() { EXPECT_TRUE(files_.make_directories("/work").ok()); }
  FileSystem& files() override { return files_; }
  std::string root() override { return "/work"; }

 private:
  SimFiles files_;
};

INSTANTIATE_TEST_SUITE_P(Posix, FileConformance, testing::Values([] { return std::make_unique<PosixUnderTest>(); }));
INSTANTIATE_TEST_SUITE_P(Sim, FileConformance, testing::Values([] { return std::make_unique<SimUnderTest>(); }));

class PosixFilesTest : public testing::Test {
 protected:
  std::string path(std::string_view name) { return directory_.root() + "/" + std::string(name); }
  PosixUnderTest directory_;
  FileSystem& files_ = system_files();
};

TEST_F(PosixFilesTest, TheLockOfADeadProcessIsFree) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const std::string lock_path = path("lock");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = system_files().lock(lock_path);
    const char answer = held.ok() ? '1' : '0';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, '1');
  const auto refused = files_.lock(lock_path);
  EXPECT_NE(refused.status().ToString().find("process " + std::to_string(child)), std::string::npos)
      << refused.status();
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(files_.lock(lock_path).ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(PosixFilesTest, AFullDiskIsResourceExhausted) {
  // /dev/full answers every write with ENOSPC.
  auto file = files_.open("/dev/full", OpenMode::kAppend);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->append("x").code(), base::StatusCode::kResourceExhausted);
}

TEST_F(PosixFilesTest, AFileCutShortByALimitIsAnErrorNotAShortWrite) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 1000;
  auto file = files_.open(path("f"), OpenMode::kCreateNew);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const base::Status status = (*file)->append(std::string(4000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ((*file)->stat().value().bytes, 1000U);
}

TEST_F(PosixFilesTest, OpeningAFifoDoesNotWaitForAWriter) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  auto fifo = files_.open(path("fifo"), OpenMode::kRead);
  ASSERT_TRUE(fifo.ok());
  EXPECT_FALSE((*fifo)->stat().value().is_regular);
  EXPECT_FALSE((*fifo)->read_at(0, 10).ok());
}

TEST_F(PosixFilesTest, FilesWithoutASizeAreReadWhole) {
  const auto status = read_whole_file(files_, "/proc/self/status", 1 << 20);
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_NE(status->find("Pid:"), std::string::npos);
}

TEST_F(PosixFilesTest, DescriptorsDoNotLeakIntoChildren) {
  auto file = files_.open(path("f"), OpenMode::kCreateNew);
  const auto lock = files_.lock(path("lock"));
  const std::string command = "ls -l /proc/self/fd | grep -q " + directory_.root();
  EXPECT_NE(std::system(command.c_str()), 0);
}

TEST(ParentDirectoryTest, Shapes) {
  EXPECT_EQ(parent_directory("a/b/c"), "a/b");
  EXPECT_EQ(parent_directory("a/b/"), "a");
  EXPECT_EQ(parent_directory("a//b"), "a");
  EXPECT_EQ(parent_directory("c"), ".");
  EXPECT_EQ(parent_directory(""), ".");
  EXPECT_EQ(parent_directory("/a"), "/");
  EXPECT_EQ(parent_directory("/"), "/");
}

}  // namespace
}  // namespace cordwood::io
