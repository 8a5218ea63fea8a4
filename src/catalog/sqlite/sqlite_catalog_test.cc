// What only the SQLite catalog can do wrong: files that are not its own, broken files, full disks, dying processes.
#include "catalog/sqlite/sqlite_catalog.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "base/sim_executor.h"
#include "catalog/sqlite/database.h"
#include "catalog/sqlite/migrations.h"

namespace cordwood::catalog {
namespace {

PartRow part(const std::string& key) {
  PartRow row;
  row.tenant = {"t"};
  row.object_key = key;
  row.times = {core::UnixNanos{1}, core::UnixNanos{2}};
  return row;
}

class SqliteCatalogTest : public testing::Test {
 protected:
  SqliteCatalogTest() {
    std::string pattern = testing::TempDir() + "/cordwood_sqlite_XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/catalog.db";
  }
  ~SqliteCatalogTest() override { std::filesystem::remove_all(directory_); }
  base::StatusOr<std::unique_ptr<Catalog>> open() {
    return base::sync_wait(executor_, open_sqlite_catalog(path_, executor_, random_));
  }
  base::StatusOr<ChangeResult> insert(Catalog& catalog, const std::string& key) {
    Change change;
    change.insert_parts = {part(key)};
    return base::sync_wait(executor_, catalog.commit(change));
  }
  base::StatusOr<Snapshot> snapshot(Catalog& catalog) {
    return base::sync_wait(executor_, catalog.snapshot(std::nullopt, {}));
  }

  base::SimExecutor executor_{1};
  base::SeededRandom random_{1};
  std::string directory_;
  std::string path_;
};

TEST_F(SqliteCatalogTest, ANewerSchemaIsRefusedAndLeftAlone) {
  ASSERT_TRUE(open().ok());
  {
    auto database = Database::open(path_);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE((*database)->execute("UPDATE schema_version SET version = 99").ok());
  }
  const auto refused = open();
  EXPECT_EQ(refused.status().code(), base::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.status().ToString().find("schema_version=99"), std::string::npos) << refused.status();
}

TEST_F(SqliteCatalogTest, ADatabaseOfAnotherProgramIsRefused) {
  {
    auto database = Database::open(path_);
    ASSERT_TRUE((*database)->execute("CREATE TABLE theirs (a)").ok());
  }
  EXPECT_EQ(open().status().code(), base::StatusCode::kFailedPrecondition);
}

TEST_F(SqliteCatalogTest, MigrationsRunOnceAndAFailingOneLeavesTheVersionBefore) {
  auto database = Database::open(path_);
  const std::vector<std::string_view> first = {"CREATE TABLE a (x)"};
  const std::vector<std::string_view> broken = {"CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"};
  const std::vector<std::string_view> fixed = {"CREATE TABLE a (x)", "CREATE TABLE b (x)"};
  ASSERT_TRUE(migrate(**database, first).ok());
  ASSERT_TRUE(migrate(**database, first).ok());
  EXPECT_FALSE(migrate(**database, broken).ok());
  ASSERT_TRUE(migrate(**database, fixed).ok());
  EXPECT_EQ(migrate(**database, first).code(), base::StatusCode::kFailedPrecondition);
  EXPECT_TRUE((*database)->execute("INSERT INTO b VALUES (1)").ok());
}

TEST_F(SqliteCatalogTest, AFileThatIsNoDatabaseIsDataLoss) {
  std::ofstream(path_) << std::string(5000, 'x');
  const auto opened = open();
  EXPECT_EQ(opened.status().code(), base::StatusCode::kDataLoss) << opened.status();
}

TEST_F(SqliteCatalogTest, DamagedPagesAreDataLossNeverWrongRows) {
  {
    auto catalog = open();
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(insert(**catalog, "part/" + std::to_string(i)).ok());
  }
  const auto bytes = std::filesystem::file_size(path_);
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t offset = 4096; offset + 64 < bytes; offset += 4096) {
      file.seekp(static_cast<std::streamoff>(offset));
      file << std::string(64, '\xA5');
    }
  }
  auto catalog = open();
  if (!catalog.ok()) {
    EXPECT_EQ(catalog.status().code(), base::StatusCode::kDataLoss) << catalog.status();
    return;
  }
  EXPECT_EQ(snapshot(**catalog).status().code(), base::StatusCode::kDataLoss);
}

TEST_F(SqliteCatalogTest, AMissingDirectoryIsUnavailable) {
  path_ = directory_ + "/none/catalog.db";
  EXPECT_EQ(open().status().code(), base::StatusCode::kUnavailable);
}

TEST_F(SqliteCatalogTest, AWriterThatIsLockedOutIsUnavailableAndReadsGoOn) {
  auto catalog = open();
  ASSERT_TRUE(insert(**catalog, "a").ok());
  auto other = Database::open(path_);
  ASSERT_TRUE((*other)->execute("PRAGMA busy_timeout = 1").ok());
  {
    Transaction holder(**other);
    ASSERT_TRUE(holder.begin_write().ok());
    EXPECT_EQ(snapshot(**catalog)->parts.size(), 1U);
    auto third = Database::open(path_);
    ASSERT_TRUE((*third)->execute("PRAGMA busy_timeout = 1").ok());
    Transaction refused(**third);
    EXPECT_EQ(refused.begin_write().code(), base::StatusCode::kUnavailable);
  }
  EXPECT_TRUE(insert(**catalog, "b").ok());
}

// Runs `work` while no file of this process can grow beyond `bytes`, as on a full disk.
template <typename Work>
void with_file_limit(rlim_t bytes, Work work) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = bytes;
  ::setrlimit(RLIMIT_FSIZE, &small);
  work();
  ::setrlimit(RLIMIT_FSIZE, &before);
}

TEST_F(SqliteCatalogTest, AFailedWriteChangesNothingAndTheNextOneWorks) {
  auto catalog = open();
  ASSERT_TRUE(insert(**catalog, "a").ok());
  base::Status failed;
  with_file_limit(static_cast<rlim_t>(std::filesystem::file_size(path_ + "-wal")) + 1000, [&] {
    Change change;
    for (int i = 0; i < 200; ++i) change.insert_parts.push_back(part(std::string(200, 'k') + std::to_string(i)));
    failed = base::sync_wait(executor_, (*catalog)->commit(change)).status();
  });
  EXPECT_TRUE(failed.code() == base::StatusCode::kUnavailable || failed.code() == base::StatusCode::kResourceExhausted)
      << failed;
  EXPECT_EQ(snapshot(**catalog)->parts.size(), 1U);
  ASSERT_TRUE(insert(**catalog, "b").ok());
  EXPECT_EQ(snapshot(**catalog)->parts.size(), 2U);
}

// A child commits and reports each commit that was answered, until it is killed.
TEST_F(SqliteCatalogTest, EveryAnsweredCommitIsThereAfterKill) {
  for (int round = 0; round < 5; ++round) {
    path_ = directory_ + "/round" + std::to_string(round) + ".db";
    int answers[2];
    ASSERT_EQ(::pipe(answers), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto catalog = open();
      if (!catalog.ok()) ::_exit(1);
      for (int i = 0;; ++i) {
        if (!insert(**catalog, std::to_string(i)).ok()) ::_exit(2);
        if (::write(answers[1], "x", 1) != 1) ::_exit(3);
      }
    }
    ::close(answers[1]);
    char byte = 0;
    std::size_t answered = 0;
    for (; answered < 20 + 7 * static_cast<std::size_t>(round); ++answered) ASSERT_EQ(::read(answers[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(answers[0], &byte, 1) == 1) ++answered;
    ::close(answers[0]);
    auto catalog = open();
    ASSERT_TRUE(catalog.ok()) << catalog.status();
    const auto found = snapshot(**catalog);
    ASSERT_TRUE(found.ok());
    EXPECT_GE(found->parts.size(), answered);
    EXPECT_LE(found->parts.size(), answered + 1);
    EXPECT_EQ(found->version.value, found->parts.size());
  }
}

}  // namespace
}  // namespace cordwood::catalog
