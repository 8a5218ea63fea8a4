#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <random>

#include "base/random.h"
#include "base/sim_executor.h"
#include "base/thread_executor.h"
#include "catalog/catalog_conformance.h"
#include "catalog/fleet_conformance.h"
#include "catalog/mem/mem_catalog.h"
#include "catalog/sqlite/sqlite_catalog.h"
#include "io/sim_files.h"

namespace cordwood::catalog {
namespace {

template <typename Executor>
Executor make_executor() {
  if constexpr (std::is_same_v<Executor, base::SimExecutor>) {
    return base::SimExecutor(5);
  } else {
    return Executor();
  }
}

template <typename Executor>
class Sqlite final : public CatalogUnderTest {
 public:
  Sqlite() {
    std::string pattern = testing::TempDir() + "/cordwood_catalog_XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    open();
  }
  ~Sqlite() override {
    catalog_.reset();
    std::filesystem::remove_all(directory_);
  }
  base::Executor& executor() override { return executor_; }
  Catalog& catalog() override { return *catalog_; }
  void reopen() override {
    catalog_.reset();
    open();
  }

 private:
  void open() {
    auto opened = base::sync_wait(executor_, open_sqlite_catalog(directory_ + "/catalog.db", executor_, random_));
    ASSERT_TRUE(opened.ok()) << opened.status();
    catalog_ = std::move(*opened);
  }
  std::string directory_;
  base::SeededRandom random_{1};
  Executor executor_ = make_executor<Executor>();
  std::unique_ptr<Catalog> catalog_;
};

// On a simulated disk, through FileVfs.
class SqliteOnFiles final : public CatalogUnderTest {
 public:
  SqliteOnFiles() { open(); }
  base::Executor& executor() override { return executor_; }
  Catalog& catalog() override { return *catalog_; }
  void reopen() override {
    catalog_.reset();
    open();
  }

 private:
  void open() {
    auto opened = base::sync_wait(executor_, open_sqlite_catalog_on(files_, "/catalog.db", executor_, random_));
    ASSERT_TRUE(opened.ok()) << opened.status();
    catalog_ = std::move(*opened);
  }
  io::SimFiles files_;
  base::SeededRandom random_{1};
  base::SimExecutor executor_{1};
  std::unique_ptr<Catalog> catalog_;
};

template <typename Executor>
class Memory final : public CatalogUnderTest {
 public:
  base::Executor& executor() override { return executor_; }
  Catalog& catalog() override { return *catalog_; }
  void reopen() override {}

 private:
  base::SeededRandom random_{1};
  Executor executor_ = make_executor<Executor>();
  std::unique_ptr<Catalog> catalog_ = make_mem_catalog(executor_, random_);
};

template <typename T>
CatalogFactory factory() {
  return [] { return std::make_unique<T>(); };
}
INSTANTIATE_TEST_SUITE_P(SqliteThreads, CatalogConformance, testing::Values(factory<Sqlite<base::ThreadExecutor>>()));
INSTANTIATE_TEST_SUITE_P(SqliteSim, CatalogConformance, testing::Values(factory<Sqlite<base::SimExecutor>>()));
INSTANTIATE_TEST_SUITE_P(SqliteOnFiles, CatalogConformance, testing::Values(factory<SqliteOnFiles>()));
INSTANTIATE_TEST_SUITE_P(MemoryThreads, CatalogConformance, testing::Values(factory<Memory<base::ThreadExecutor>>()));
INSTANTIATE_TEST_SUITE_P(MemorySim, CatalogConformance, testing::Values(factory<Memory<base::SimExecutor>>()));

// Draws changes that sometimes must be refused.
class ChangeGenerator {
 public:
  explicit ChangeGenerator(std::uint64_t seed) : random_(seed) {}

  Change next(const std::vector<PartRow>& live) {
    Change change;
    for (std::uint64_t i = below(3); i > 0; --i) {
      const auto first = static_cast<std::int64_t>(below(100));
      change.insert_parts.push_back(conformance::part("k" + std::to_string(below(60)), first,
                                                      first + static_cast<std::int64_t>(below(20)),
                                                      below(2) == 0 ? "t" : "u"));
    }
    for (std::uint64_t i = below(3); i > 0 && !live.empty(); --i) {
      change.remove_parts.push_back(below(10) == 0 ? PartId{below(100)} : live[below(live.size())].id);
    }
    if (below(2) == 0)
      change.upsert_sources.push_back(conformance::source("h" + std::to_string(below(3)), below(4), below(1000)));
    if (below(4) == 0)
      change.remove_sources.push_back(conformance::source("h" + std::to_string(below(3)), below(4), 0).info.id);
    if (below(3) == 0) change.flushed_through = JournalProgress{"n" + std::to_string(below(2)), below(3), below(40)};
    if (below(4) == 0) change.guard = LeaseGuard{"l", below(4)};
    return change;
  }
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  std::mt19937_64 random_;
};

void expect_same_snapshots(const Snapshot& a, const Snapshot& b) {
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.journals, b.journals);
  EXPECT_EQ(a.parts.size(), b.parts.size());
  for (std::size_t i = 0; i < std::min(a.parts.size(), b.parts.size()); ++i) EXPECT_EQ(a.parts[i], b.parts[i]);
}

// The SQLite catalog and its slow, obvious twin answer the same to the same history. AUTOINCREMENT and the twin number
// parts alike, also over changes that were refused.
TEST(CatalogTwinsTest, ARandomHistoryHasTheSameAnswers) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Sqlite<base::SimExecutor> sqlite;
    Memory<base::SimExecutor> memory;
    ChangeGenerator generator(seed);
    std::vector<PartRow> live;
    const auto both = [&](auto call) {
      auto a = base::sync_wait(sqlite.executor(), call(sqlite.catalog()));
      auto b = base::sync_wait(memory.executor(), call(memory.catalog()));
      EXPECT_EQ(a.status().code(), b.status().code()) << a.status() << " / " << b.status();
      return std::make_pair(std::move(a), std::move(b));
    };
    for (int step = 0; step < 120; ++step) {
      const Change change = generator.next(live);
      const auto results = both([&](Catalog& c) { return c.commit(change); });
      if (results.first.ok() && results.second.ok()) {
        ASSERT_EQ(results.first->inserted, results.second->inserted) << "seed=" << seed << " step=" << step;
        ASSERT_EQ(results.first->version, results.second->version);
      }
      const std::string holder = "h" + std::to_string(generator.below(3));
      const core::UnixNanos now{step * 10};
      const base::nanoseconds duration(generator.below(2) * 50);
      both([&](Catalog& c) { return c.acquire_lease("l", holder, now, duration); });
      const auto begin = static_cast<std::int64_t>(generator.below(100));
      const core::TimeRange range{core::UnixNanos{begin},
                                  core::UnixNanos{begin + static_cast<std::int64_t>(generator.below(40))}};
      const auto ranged = both([&](Catalog& c) { return c.snapshot(core::TenantId{"t"}, range); });
      expect_same_snapshots(*ranged.first, *ranged.second);
      const auto all = both([&](Catalog& c) { return c.snapshot(std::nullopt, core::TimeRange{}); });
      expect_same_snapshots(*all.first, *all.second);
      live = all.first->parts;
      if (step % 40 == 39) sqlite.reopen();
      if (HasFailure()) FAIL() << "seed=" << seed << " step=" << step;
    }
  }
}

}  // namespace
}  // namespace cordwood::catalog
