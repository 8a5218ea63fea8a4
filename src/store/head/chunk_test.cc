#include "store/head/chunk.h"

#include <deque>
#include <random>

#include "base/sim_executor.h"
#include "segment/mem_part.h"
#include "store/head/body_chunks.h"
#include "store/head/head.h"
#include "store/head/row_order.h"

#include <gtest/gtest.h>

namespace cordwood::store {
namespace {

core::SharedLabels labels_of(int n) {
  return std::make_shared<const core::Labels>(
      std::vector<core::Label>{{"host", std::to_string(n % 3)}, {"job", std::to_string(n)}});
}

// A batch whose views point into `texts`, and the same rows as the slow twin has them.
struct Body {
  std::deque<std::string> texts;
  core::RecordBatch batch;
  std::vector<segment::MemRow> rows;
};

Body random_body(std::mt19937_64& dice, std::size_t records, bool named, std::uint64_t sequence) {
  Body body;
  const int streams = 1 + static_cast<int>(dice() % 5);
  for (int s = 0; s < streams; ++s) {
    core::SharedLabels labels = labels_of(static_cast<int>(dice() % 7));  // the same stream may come twice
    body.batch.streams.push_back({labels, labels->stream_id()});
  }
  for (std::size_t i = 0; i < records; ++i) {
    core::Record record;
    record.stream = static_cast<std::uint32_t>(dice() % body.batch.streams.size());
    record.time = {static_cast<std::int64_t>(dice() % 50)};
    body.texts.push_back(std::string(dice() % 30, static_cast<char>('a' + dice() % 26)));
    record.line = body.texts.back();
    record.flags = {static_cast<std::uint8_t>(dice() % 32)};
    segment::MemRow row;
    if (dice() % 4 == 0) {
      record.metadata_begin = static_cast<std::uint32_t>(body.batch.metadata.size());
      record.metadata_count = 1;
      body.texts.push_back("trace" + std::to_string(i));
      body.batch.metadata.push_back({"id", body.texts.back()});
      row.metadata.push_back({"id", body.texts.back()});
    }
    if (named) {
      record.offset = i * 10;
      record.line_number = i + 1;
    }
    body.batch.records.push_back(record);
    row.labels = body.batch.streams[record.stream].labels;
    row.time = record.time;
    row.line = record.line;
    row.source = {{{named ? 7U : 0U, sequence}}, named};
    row.offset = named ? record.offset : i;
    row.line_number = record.line_number;
    row.flags = record.flags;
    body.rows.push_back(std::move(row));
  }
  if (named) {
    core::SourceInfo source;
    source.id.generation.value = {7, sequence};
    body.batch.sources.push_back(source);
    core::Slice slice;
    slice.record_end = static_cast<std::uint32_t>(records);
    body.batch.slices.push_back(slice);
  }
  return body;
}

std::vector<std::shared_ptr<Chunk>> chunks_of(base::SimExecutor& executor, const Body& body, std::uint64_t sequence) {
  const bool named = body.batch.named();
  BodyRows rows = named ? named_rows(body.batch, {true}) : unnamed_rows(body.batch, {});
  auto chunks = base::sync_wait(executor, make_chunks(executor, body.batch, std::move(rows)));
  for (auto& chunk : chunks) {
    if (!named) chunk->name_frame({{0, sequence}});
  }
  return chunks;
}

std::vector<segment::MemRow> read(base::SimExecutor& executor, std::shared_ptr<const segment::Part> part) {
  return *base::sync_wait(executor, segment::read_all_rows(std::move(part)));
}

TEST(Chunk, HasTheRowsOfItsBodyInThePartsOrder) {
  base::SimExecutor executor(1);
  std::mt19937_64 dice(1);
  for (std::uint64_t round = 0; round < 100; ++round) {
    Body body = random_body(dice, 1 + dice() % 200, round % 2 == 0, round);
    const auto chunks = chunks_of(executor, body, round);
    ASSERT_EQ(chunks.size(), 1U);
    segment::sort_rows(body.rows);
    EXPECT_EQ(read(executor, chunks[0]), body.rows) << round;
    const Chunk& chunk = *chunks[0];
    std::uint64_t records = 0;
    for (const segment::PartStream& stream : chunk.streams()) records += stream.records;
    EXPECT_EQ(records, body.rows.size());
    EXPECT_GE(chunk.memory_bytes(), chunk.line_bytes() + chunk.rows() * 17U);
  }
}

TEST(Chunk, SaysTheSameAsTheSlowTwin) {
  base::SimExecutor executor(1);
  std::mt19937_64 dice(2);
  Body body = random_body(dice, 500, false, 3);
  const auto chunk = chunks_of(executor, body, 3)[0];
  const auto twin = segment::make_mem_part("twin", body.rows);
  ASSERT_EQ(chunk->streams().size(), twin->streams().size());
  for (std::size_t i = 0; i < twin->streams().size(); ++i) {
    EXPECT_EQ(*chunk->streams()[i].labels, *twin->streams()[i].labels);
    EXPECT_EQ(chunk->streams()[i].times, twin->streams()[i].times);
    EXPECT_EQ(chunk->streams()[i].records, twin->streams()[i].records);
    EXPECT_EQ(chunk->streams()[i].line_bytes, twin->streams()[i].line_bytes);
  }
  EXPECT_EQ(chunk->times(), twin->times());
  ASSERT_EQ(chunk->blocks().size(), twin->blocks().size());
  EXPECT_EQ(chunk->blocks()[0].times, twin->blocks()[0].times);
  EXPECT_EQ(chunk->blocks()[0].rows, twin->blocks()[0].rows);
  EXPECT_EQ(chunk->blocks()[0].line_bytes, twin->blocks()[0].line_bytes);
  const auto some =
      *base::sync_wait(executor, chunk->read_block(0, {.lines = false, .positions = false, .metadata = false}));
  EXPECT_TRUE(some->lines.empty() && some->offsets.empty() && some->metadata_begin.empty());
  EXPECT_EQ(some->times.size(), 500U);
}

TEST(Chunk, MergesToTheRowsOfAll) {
  base::SimExecutor executor(1);
  std::mt19937_64 dice(3);
  for (std::uint64_t round = 0; round < 50; ++round) {
    Chunks chunks;
    std::vector<segment::MemRow> wanted;
    for (std::uint64_t i = 0; i < 1 + dice() % 8; ++i) {
      Body body = random_body(dice, 1 + dice() % 50, dice() % 2 == 0, round * 100 + i);
      for (auto& chunk : chunks_of(executor, body, round * 100 + i)) chunks.push_back(chunk);
      for (auto& row : body.rows) wanted.push_back(std::move(row));
    }
    segment::sort_rows(wanted);
    EXPECT_EQ(read(executor, merge_chunks(chunks)), wanted) << round;
  }
}

TEST(Chunk, CutsALargeBody) {
  base::SimExecutor executor(1);
  Body body;
  core::SharedLabels labels = labels_of(1);
  body.batch.streams.push_back({labels, labels->stream_id()});
  const std::string line(60'000, 'x');
  for (int i = 0; i < 200; ++i) {
    core::Record record;
    record.time = {i};
    record.line = line;
    body.batch.records.push_back(record);
  }
  const std::string huge(6 << 20, 'y');
  core::Record record;
  record.line = huge;
  body.batch.records.push_back(record);
  const auto chunks = chunks_of(executor, body, 1);
  EXPECT_EQ(chunks.size(), 4U);
  std::uint64_t rows = 0;
  for (const auto& chunk : chunks) {
    EXPECT_TRUE(chunk->rows() == 1 || chunk->line_bytes() <= kChunkLineBytesMax);
    rows += chunk->rows();
  }
  EXPECT_EQ(rows, 201U);
}

TEST(BodyRows, NamesRefusedAndSkippedRecordsInBodyOrder) {
  using Indexes = std::vector<std::uint32_t>;
  EXPECT_EQ(merge_refused({}, {}), Indexes{});
  EXPECT_EQ(merge_refused({1, 4}, {}), (Indexes{1, 4}));
  EXPECT_EQ(merge_refused({}, {0, 2}), (Indexes{0, 2}));
  // Body: 0 r1 2 3 r4 5; batch: 0 2 3 5 are 0 1 2 3.
  EXPECT_EQ(merge_refused({1, 4}, {0, 1, 3}), (Indexes{0, 1, 2, 4, 5}));
  EXPECT_EQ(merge_refused({0, 1, 2}, {0}), (Indexes{0, 1, 2, 3}));
}

TEST(Head, FreezesAndDropsAndKeepsCount) {
  base::SimExecutor executor(1);
  std::mt19937_64 dice(4);
  Head head;
  const core::TenantId tenant{"t"};
  for (std::uint64_t i = 0; i < 40; ++i) {
    Body body = random_body(dice, 5, false, i);
    head.add(tenant, chunks_of(executor, body, i)[0]);
  }
  EXPECT_EQ(head.rows(), 200U);
  EXPECT_EQ(head.snapshot(tenant, {}).size(), 40U);
  EXPECT_TRUE(head.snapshot({"other"}, {}).empty());
  EXPECT_TRUE(head.snapshot(tenant, {{100}, {200}}).empty());
  auto work = head.merge_work();
  ASSERT_TRUE(work.has_value());
  EXPECT_TRUE(head.replace(*work, merge_chunks(work->chunks)));
  EXPECT_EQ(head.rows(), 200U);
  EXPECT_EQ(head.snapshot(tenant, {}).size(), 25U);
  EXPECT_FALSE(head.replace(*work, merge_chunks(work->chunks))) << "they are not there any more";
  work = head.merge_work();
  ASSERT_TRUE(work.has_value());
  const std::uint64_t bytes = head.bytes();
  EXPECT_EQ(head.freeze().at(tenant).size(), 25U);
  EXPECT_FALSE(head.replace(*work, merge_chunks(work->chunks))) << "frozen meanwhile";
  EXPECT_EQ(head.active_bytes(), 0U);
  EXPECT_EQ(head.snapshot(tenant, {}).size(), 25U) << "frozen rows are found";
  EXPECT_EQ(head.drop_frozen(), bytes);
  EXPECT_EQ(head.bytes(), 0U);
  EXPECT_TRUE(head.snapshot(tenant, {}).empty());
}

}  // namespace
}  // namespace cordwood::store
