// The catalog on a disk that fails, fills up, and loses what was not synced: what was answered stays true.
#include "catalog/sqlite/file_vfs.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "catalog/sqlite/sqlite_catalog.h"
#include "io/sim_files.h"
#include "testing/life_executor.h"

namespace cordwood::catalog {
namespace {

enum class Mode { kFailsOnce, kFullOnce, kPowerCut };

class Run {
 public:
  Run(Mode mode, std::uint64_t nth) : mode_(mode), nth_(nth), random_(nth) { executor_.start_life(1, {1}); }

  // Commits one part after the other over some lives; gives the number of file operations.
  std::uint64_t go() {
    open();
    const std::uint64_t before = files_.operations();
    if (mode_ == Mode::kPowerCut) files_.power_off_at(nth_);
    if (mode_ == Mode::kFailsOnce) files_.fail_operation(nth_, EIO);
    if (mode_ == Mode::kFullOnce) files_.fail_operation(nth_, ENOSPC);
    for (int i = 0; i < 12; ++i) {
      insert(fmt::format("{}", i));
      if (i % 4 == 3) crash();
    }
    crash();
    return files_.operations() - before;
  }

 private:
  void open() {
    for (int i = 0; i < 10; ++i) {
      auto opened = base::sync_wait(executor_, open_sqlite_catalog_on(files_, "/catalog.db", executor_, random_));
      if (opened.ok()) {
        catalog_ = *std::move(opened);
        return;
      }
      ASSERT_NE(opened.status().code(), base::StatusCode::kDataLoss)
          << opened.status() << " mode " << static_cast<int>(mode_) << " nth " << nth_;
      die();
    }
    FAIL() << "does not open";
  }
  void die() {
    testing::bury(std::shared_ptr<Catalog>(std::move(catalog_)));
    files_.crash(++seed_);
    executor_.start_life(++seed_, {1});
  }
  void crash() {
    die();
    open();
    check("after a crash");
  }
  void insert(const std::string& key) {
    Change change;
    PartRow row;
    row.tenant = {"t"};
    row.object_key = key;
    row.times = {core::UnixNanos{1}, core::UnixNanos{2}};
    change.insert_parts = {row};
    auto result = base::sync_wait(executor_, catalog_->commit(std::move(change)));
    if (result.ok()) {
      wanted_.insert(key);
      return;
    }
    // It says whether it happened, and that stays so whatever happens next.
    for (int i = 0; i < 3; ++i) {
      const auto found = keys();
      if (!found.has_value()) continue;
      wanted_ = *found;
      return;
    }
    in_doubt_ = key;
    crash();
  }
  std::optional<std::set<std::string>> keys() {
    auto snapshot = base::sync_wait(executor_, catalog_->snapshot(std::nullopt, {}));
    if (!snapshot.ok()) return std::nullopt;
    std::set<std::string> keys;
    for (const PartRow& part : snapshot->parts) keys.insert(part.object_key);
    return keys;
  }
  void check(const char* when) {
    std::optional<std::set<std::string>> found;
    for (int i = 0; i < 3 && !found.has_value(); ++i) found = keys();
    if (!found.has_value()) {
      die();
      open();
      found = keys();
    }
    ASSERT_TRUE(found.has_value());
    if (in_doubt_.has_value() && found->contains(*in_doubt_)) wanted_.insert(*in_doubt_);
    in_doubt_.reset();
    EXPECT_EQ(*found, wanted_) << when << ", mode " << static_cast<int>(mode_) << " nth " << nth_;
  }

  const Mode mode_;
  const std::uint64_t nth_;
  std::uint64_t seed_ = nth_;
  testing::LifeExecutor executor_;
  base::SeededRandom random_;
  io::SimFiles files_;
  std::unique_ptr<Catalog> catalog_;
  std::set<std::string> wanted_;
  std::optional<std::string> in_doubt_;  // nobody has been told
};

void run_until_nothing_fails(Mode mode) {
  for (std::uint64_t nth = 1;; ++nth) {
    const std::uint64_t operations = Run(mode, nth).go();
    if (::testing::Test::HasFailure() || nth > operations) {
      std::printf("%llu operations\n", static_cast<unsigned long long>(nth - 1));
      return;
    }
  }
}

TEST(FileVfs, TheNthFileOperationFails) {
  run_until_nothing_fails(Mode::kFailsOnce);
}
TEST(FileVfs, TheDiskIsFullAtTheNthFileOperation) {
  run_until_nothing_fails(Mode::kFullOnce);
}
TEST(FileVfs, ThePowerGoesAtTheNthFileOperation) {
  run_until_nothing_fails(Mode::kPowerCut);
}

}  // namespace
}  // namespace cordwood::catalog
