// What every Part must do, as one parameterised suite. A test file of the folder that implements a Part includes this
// header (once in a test program) and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(Head, PartConformance, testing::Values(PartMaker{"head", make_head_part}));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "segment/mem_part.h"
#include "segment/part_testing.h"

namespace cordwood::segment {

struct PartMaker {
  std::string name;
  // A part with these rows (at least one, in any order).
  std::function<std::shared_ptr<const Part>(std::vector<MemRow>)> make;
};
inline void PrintTo(const PartMaker& maker, std::ostream* out) {
  *out << maker.name;
}

class PartConformance : public testing::TestWithParam<PartMaker> {
 protected:
  static void expect_equal(std::vector<MemRow> wanted, const std::shared_ptr<const Part>& part) {
    ASSERT_NE(part, nullptr);
    sort_rows(wanted);
    const base::StatusOr<std::vector<MemRow>> found = sync_all_rows(part);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) ASSERT_TRUE((*found)[i] == wanted[i]) << "row " << i;
  }
  static MemRow row(std::int64_t time, std::string line) {
    MemRow out;
    out.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"job", "test"}});
    out.time.value = time;
    out.line = std::move(line);
    return out;
  }
};

TEST_P(PartConformance, GivesTheRowsInOrder) {
  const RandomRows shapes[] = {{1, 1, 10, 0},    {7, 3, 0, 2},       {1000, 5, 100, 3},
                               {3000, 1, 20, 0}, {2000, 700, 30, 1}, {500, 2, 300, 3, true}};
  std::uint64_t seed = 1;
  for (const RandomRows& shape : shapes) {
    for (int round = 0; round < 3; ++round) {
      std::vector<MemRow> rows = random_rows(++seed, shape);
      expect_equal(rows, GetParam().make(rows));
    }
  }
}

TEST_P(PartConformance, AnyBytesMakeALine) {
  std::vector<MemRow> rows = {
      row(1, ""), row(2, std::string("\0\0", 2)),  row(3, "\n\n"), row(4, "\xff\xfe\x80"), row(5, "cr\r"),
      row(6, ""), row(7, std::string(100000, 'x'))};
  rows[4].flags = core::RecordFlags::make(core::LineEnd::kCrlf, core::TimeOrigin::kParsed, true);
  expect_equal(rows, GetParam().make(rows));
}

TEST_P(PartConformance, OneRowLargerThanABlock) {
  base::SeededRandom random(5);
  std::string line;
  while (line.size() < 10'000'000) line += std::to_string(random.next());
  std::vector<MemRow> rows = {row(1, "before"), row(2, std::move(line)), row(3, "after")};
  expect_equal(rows, GetParam().make(rows));
}

TEST_P(PartConformance, AnyTimesAndPositions) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::vector<MemRow> rows;
  for (const std::int64_t time : {kMin, kMin + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, kMax - 1, kMax}) {
    MemRow& added = rows.emplace_back(row(time, "line"));
    added.offset = static_cast<std::uint64_t>(time);
    added.line_number = ~added.offset;
    added.source.generation.value = {static_cast<std::uint64_t>(time), ~std::uint64_t{0}};
  }
  const std::shared_ptr<const Part> part = GetParam().make(rows);
  EXPECT_EQ(part->times(), (core::TimeSpan{{kMin}, {kMax}}));
  expect_equal(rows, part);
}

TEST_P(PartConformance, EqualTimesAreOrderedByGenerationAndOffset) {
  std::vector<MemRow> rows;
  for (const std::uint64_t generation : {3U, 1U, 2U}) {
    for (const std::uint64_t offset : {20U, 0U, 10U}) {
      MemRow& added = rows.emplace_back(row(5, std::to_string(generation * 100 + offset)));
      added.source = {{{0, generation}}, true};
      added.offset = offset;
    }
  }
  expect_equal(rows, GetParam().make(rows));
}

TEST_P(PartConformance, MetadataKeepsOrderRepeatsAndEmptyTexts) {
  std::vector<MemRow> rows = {row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d")};
  rows[0].metadata = {{"x", "1"}, {"y", "2"}};
  rows[1].metadata = {{"y", "2"}, {"x", "1"}, {"x", "3"}};
  rows[3].metadata = {{"", ""}, {"x", std::string("\0", 1)}};
  expect_equal(rows, GetParam().make(rows));
}

TEST_P(PartConformance, StatisticsAreTrue) {
  std::vector<MemRow> rows = random_rows(77, {5000, 40, 60, 1});
  const std::shared_ptr<const Part> part = GetParam().make(rows);
  sort_rows(rows);
  std::size_t at = 0;
  core::TimeSpan all;
  for (std::size_t i = 0; i < part->streams().size(); ++i) {
    const PartStream& stream = part->streams()[i];
    PartStream wanted;
    EXPECT_EQ(stream.id, stream.labels->stream_id());
    if (i > 0) {
      EXPECT_LT(*part->streams()[i - 1].labels, *stream.labels);
    }
    for (; at < rows.size() && *rows[at].labels == *stream.labels; ++at) {
      ++wanted.records;
      wanted.line_bytes += rows[at].line.size();
      wanted.times.include(rows[at].time);
    }
    EXPECT_EQ(stream.records, wanted.records);
    EXPECT_EQ(stream.line_bytes, wanted.line_bytes);
    EXPECT_EQ(stream.times, wanted.times);
    all.include(wanted.times);
  }
  EXPECT_EQ(at, rows.size());
  EXPECT_EQ(part->times(), all);
}

TEST_P(PartConformance, BlocksAreWhatTheirInfoSays) {
  const std::shared_ptr<const Part> part = GetParam().make(random_rows(78, {5000, 40, 60, 1}));
  std::tuple<std::uint32_t, core::UnixNanos, core::GenerationId, std::uint64_t> last{};
  for (std::size_t index = 0; index < part->blocks().size(); ++index) {
    const BlockInfo& info = part->blocks()[index];
    const auto block = sync_read_block(*part, index, {});
    ASSERT_TRUE(block.ok()) << block.status();
    const BlockRows& rows = **block;
    ASSERT_EQ(rows.size(), info.rows);
    EXPECT_EQ(rows.streams.front(), info.first_stream);
    EXPECT_EQ(rows.streams.back(), info.last_stream);
    core::TimeSpan times;
    std::uint64_t line_bytes = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      times.include(rows.times[i]);
      line_bytes += rows.lines[i].size();
      const auto position =
          std::tuple(rows.streams[i], rows.times[i], part->sources()[rows.sources[i]].generation, rows.offsets[i]);
      if (index + i > 0) {
        EXPECT_LE(last, position);
      }
      last = position;
    }
    EXPECT_EQ(times, info.times);
    EXPECT_EQ(line_bytes, info.line_bytes);
  }
}

TEST_P(PartConformance, ColumnsNotAskedForStayEmptyAndOthersAreTheSame) {
  const std::shared_ptr<const Part> part = GetParam().make(random_rows(79, {300, 4, 60, 2}));
  const auto full = sync_read_block(*part, 0, {});
  ASSERT_TRUE(full.ok());
  for (unsigned bits = 0; bits < 8; ++bits) {
    const Columns columns{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    const auto block = sync_read_block(*part, 0, columns);
    ASSERT_TRUE(block.ok()) << block.status();
    const BlockRows& rows = **block;
    const BlockRows& all = **full;
    const BlockRows none;
    EXPECT_EQ(rows.times, all.times);
    EXPECT_EQ(rows.streams, all.streams);
    EXPECT_EQ(rows.lines, columns.lines ? all.lines : none.lines);
    EXPECT_EQ(rows.sources, columns.positions ? all.sources : none.sources);
    EXPECT_EQ(rows.offsets, columns.positions ? all.offsets : none.offsets);
    EXPECT_EQ(rows.line_numbers, columns.positions ? all.line_numbers : none.line_numbers);
    EXPECT_EQ(rows.flags, columns.positions ? all.flags : none.flags);
    EXPECT_EQ(rows.metadata_begin, columns.metadata ? all.metadata_begin : none.metadata_begin);
    EXPECT_EQ(rows.metadata, columns.metadata ? all.metadata : none.metadata);
  }
}

TEST_P(PartConformance, RowsOutliveThePart) {
  std::vector<MemRow> rows = random_rows(80, {50, 2, 60, 2});
  std::shared_ptr<const Part> part = GetParam().make(rows);
  sort_rows(rows);
  const auto block = sync_read_block(*part, 0, {});
  ASSERT_TRUE(block.ok());
  part.reset();
  for (std::size_t i = 0; i < (*block)->size(); ++i) {
    EXPECT_EQ((*block)->lines[i], rows[i].line);
    ASSERT_EQ((*block)->metadata_of(i).size(), rows[i].metadata.size());
    for (std::size_t k = 0; k < rows[i].metadata.size(); ++k) {
      EXPECT_EQ((*block)->metadata_of(i)[k].value, rows[i].metadata[k].value);
    }
  }
}

}  // namespace cordwood::segment
