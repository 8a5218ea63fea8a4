#include "query/segment_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/sim_executor.h"
#include "base/sync.h"
#include "objectstore/mem/mem_store.h"
#include "query/single_flight.h"
#include "query/weighted_lru.h"
#include "segment/mem_part.h"
#include "testing/passing_store.h"

namespace cordwood::query {
namespace {

// Counts ranged reads.
class CountedStore final : public cordwood::testing::PassingStore {
 public:
  using PassingStore::PassingStore;
  base::Task<base::StatusOr<std::string>> get_range(std::string key, std::uint64_t offset,
                                                    std::uint64_t length) override {
    ++reads;
    return PassingStore::get_range(std::move(key), offset, length);
  }
  int reads = 0;
};

class SegmentCacheTest : public ::testing::Test {
 protected:
  // A segment of `count` rows in blocks of 100.
  catalog::PartRow store_segment(const std::string& key, int count, bool damaged = false) {
    std::vector<segment::MemRow> rows;
    std::vector<core::Label> labels{{"job", key}};
    const auto shared = std::make_shared<const core::Labels>(std::move(labels));
    for (int i = 0; i < count; ++i) {
      segment::MemRow row;
      row.labels = shared;
      row.time = {i};
      row.line = "line " + std::to_string(i);
      row.offset = static_cast<std::uint64_t>(i);
      rows.push_back(std::move(row));
    }
    auto bytes = std::make_shared<std::string>();
    segment::StringSink sink(*bytes);
    segment::WriterOptions options;
    options.block_rows_max = 100;
    EXPECT_TRUE(segment::write_rows(rows, sink, options).ok());
    if (damaged) bytes->back() ^= 1;
    catalog::PartRow row;
    row.object_key = key;
    row.stored_bytes = bytes->size();
    EXPECT_TRUE(base::sync_wait(executor_, store_.put(key, bytes)).ok());
    return row;
  }
  SegmentCache& cache() {
    if (cache_ == nullptr) cache_ = std::make_unique<SegmentCache>(executor_, store_, options_);
    return *cache_;
  }
  std::shared_ptr<const segment::Part> open(const catalog::PartRow& row) {
    auto part = base::sync_wait(executor_, cache().open(row));
    EXPECT_TRUE(part.ok()) << base::message_of(part.status());
    return *part;
  }
  std::size_t rows_of(const segment::Part& part, std::size_t block, segment::Columns columns) {
    auto rows = base::sync_wait(executor_, part.read_block(block, columns));
    EXPECT_TRUE(rows.ok());
    return (*rows)->size();
  }

  base::SimExecutor executor_{1};
  objectstore::MemStore objects_{executor_};
  CountedStore store_{objects_};
  SegmentCacheOptions options_;
  std::unique_ptr<SegmentCache> cache_;
};

TEST_F(SegmentCacheTest, KeepsFootersAndBlocks) {
  const catalog::PartRow row = store_segment("a", 250);
  const auto part = open(row);
  const int opened = store_.reads;
  EXPECT_GT(opened, 0);
  EXPECT_EQ(part->blocks().size(), 3U);
  EXPECT_EQ(open(row), part);
  EXPECT_EQ(store_.reads, opened);
  EXPECT_EQ(rows_of(*part, 2, {}), 50U);
  const int read = store_.reads;
  EXPECT_GT(read, opened);
  EXPECT_EQ(rows_of(*part, 2, {}), 50U);
  // All columns were read, so fewer are there too.
  EXPECT_EQ(rows_of(*part, 2, {.lines = false, .positions = false, .metadata = false}), 50U);
  EXPECT_EQ(store_.reads, read);
}

TEST_F(SegmentCacheTest, FewerColumnsDoNotServeForMore) {
  const auto part = open(store_segment("a", 50));
  rows_of(*part, 0, {.lines = false, .positions = false, .metadata = false});
  auto rows = base::sync_wait(executor_, part->read_block(0, {}));
  EXPECT_EQ((*rows)->lines.size(), 50U);
  EXPECT_EQ((*rows)->lines[7], "line 7");
}

TEST_F(SegmentCacheTest, StaysWithinItsBytes) {
  options_ = {.footer_bytes_max = 10000, .block_bytes_max = 10000};
  std::vector<catalog::PartRow> rows;
  for (const char* key : {"a", "b", "c", "d"}) rows.push_back(store_segment(key, 100));
  std::vector<std::shared_ptr<const segment::Part>> parts;
  for (const auto& row : rows) {
    parts.push_back(open(row));
    rows_of(*parts.back(), 0, {});
  }
  int before = store_.reads;
  rows_of(*parts[3], 0, {});
  EXPECT_EQ(store_.reads, before);
  // The first was pushed out, as block and as footer, but whoever holds it can still read.
  rows_of(*parts[0], 0, {});
  EXPECT_GT(store_.reads, before);
  before = store_.reads;
  open(rows[0]);
  EXPECT_GT(store_.reads, before);
}

TEST_F(SegmentCacheTest, SegmentsOutliveTheCache) {
  const auto part = open(store_segment("a", 100));
  cache_.reset();
  EXPECT_EQ(rows_of(*part, 0, {}), 100U);
}

TEST_F(SegmentCacheTest, OpensAllAndNamesWhatIsDamaged) {
  std::vector<catalog::PartRow> rows;
  for (int i = 0; i < 40; ++i) rows.push_back(store_segment("part-" + std::to_string(i), 10, i == 7));
  catalog::PartRow missing;
  missing.object_key = "nowhere";
  missing.stored_bytes = 1000;
  rows.push_back(missing);
  auto set = base::sync_wait(executor_, cache().open_all(rows));
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->parts.size(), 39U);
  EXPECT_EQ(set->parts[0]->name(), "part-0");
  EXPECT_THAT(set->unreadable,
              ::testing::ElementsAre(::testing::HasSubstr("part=part-7"), ::testing::HasSubstr("part=nowhere")));
  // A damaged one is tried anew each time: it may have been repaired.
  const int before = store_.reads;
  EXPECT_FALSE(base::sync_wait(executor_, cache().open(rows[7])).ok());
  EXPECT_GT(store_.reads, before);
}

TEST_F(SegmentCacheTest, OpensOnceForManyAtATime) {
  const catalog::PartRow row = store_segment("a", 100);
  std::vector<catalog::PartRow> same(10, row);
  const auto set = base::sync_wait(executor_, cache().open_all(same));
  ASSERT_TRUE(set.ok());
  const int reads = store_.reads;
  cache_.reset();
  store_.reads = 0;
  open(row);
  EXPECT_EQ(reads, store_.reads);
}

TEST(WeightedLruTest, DropsWhatWasUsedLongestAgo) {
  WeightedLru<int, int> lru(100);
  lru.put(1, 10, 40);
  lru.put(2, 20, 40);
  EXPECT_EQ(lru.get(1), 10);
  lru.put(3, 30, 40);
  EXPECT_EQ(lru.get(2), std::nullopt);
  EXPECT_EQ(lru.get(1), 10);
  lru.put(4, 40, 101);
  EXPECT_EQ(lru.get(4), std::nullopt);
  lru.put(1, 11, 20);
  EXPECT_EQ(lru.bytes(), 60U);
  EXPECT_EQ(lru.get(1), 11);
}

base::Task<int> slow_answer(base::Executor* executor, int* runs) {
  ++*runs;
  co_await executor->sleep_for(std::chrono::seconds(1));
  co_return 42;
}

base::Task<void> ask(SingleFlight<int, int>* flight, base::Executor* executor, int* runs, std::vector<int>* answers) {
  base::Task<int> work = slow_answer(executor, runs);
  const int answer = co_await flight->run(7, std::move(work));
  answers->push_back(answer);
}

base::Task<void> ask_many(SingleFlight<int, int>* flight, base::Executor* executor, int* runs,
                          std::vector<int>* answers) {
  base::TaskGroup group(*executor);
  for (int i = 0; i < 5; ++i) group.spawn(ask(flight, executor, runs, answers));
  co_await group.join();
}

TEST(SingleFlightTest, OneRunServesAllWhoAskMeanwhile) {
  base::SimExecutor executor(3);
  SingleFlight<int, int> flight(executor);
  int runs = 0;
  std::vector<int> answers;
  base::sync_wait(executor, ask_many(&flight, &executor, &runs, &answers));
  EXPECT_EQ(runs, 1);
  EXPECT_THAT(answers, ::testing::ElementsAre(42, 42, 42, 42, 42));
  base::sync_wait(executor, ask(&flight, &executor, &runs, &answers));
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace cordwood::query
