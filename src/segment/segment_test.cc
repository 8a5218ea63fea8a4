// Writing and reading segments: conformance, limits, ranges read, determinism.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "segment/format.h"
#include "segment/part_conformance.h"
#include "segment/reader.h"

namespace cordwood::segment {
namespace {

// Keeps the ranges that were read.
class RecordingSource final : public ByteSource {
 public:
  struct Range {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  explicit RecordingSource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string_view name() const override { return "recorded"; }
  std::uint64_t size() const override { return bytes_.size(); }
  base::Task<base::StatusOr<std::string>> read(std::uint64_t offset, std::uint64_t length) override {
    ranges.push_back({offset, length});
    co_return bytes_.substr(offset, length);
  }
  std::vector<Range> ranges;

 private:
  const std::string bytes_;
};

std::string segment_of(std::vector<MemRow> rows, WriterOptions options = {}) {
  sort_rows(rows);
  std::string bytes;
  StringSink sink(bytes);
  const base::StatusOr<SegmentStats> stats = write_rows(rows, sink, options);
  EXPECT_TRUE(stats.ok()) << stats.status();
  if (stats.ok()) {
    EXPECT_EQ(stats->stored_bytes, bytes.size());
  }
  return bytes;
}

base::StatusOr<std::shared_ptr<const Part>> open(std::shared_ptr<ByteSource> source) {
  base::SimExecutor executor(1);
  return base::sync_wait(executor, open_segment(std::move(source)));
}
base::StatusOr<std::shared_ptr<const Part>> open(std::string bytes) {
  return open(std::make_shared<MemoryByteSource>("object-1", std::make_shared<const std::string>(std::move(bytes))));
}

std::shared_ptr<const Part> stored(std::vector<MemRow> rows, WriterOptions options) {
  auto part = open(segment_of(std::move(rows), options));
  EXPECT_TRUE(part.ok()) << part.status();
  return part.ok() ? *part : nullptr;
}

PartMaker stored_maker(std::string name, WriterOptions options) {
  return {std::move(name), [options](std::vector<MemRow> rows) { return stored(std::move(rows), options); }};
}

std::string name_of_maker(const testing::TestParamInfo<PartMaker>& maker) {
  return maker.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Mem, PartConformance,
    testing::Values(PartMaker{"large_blocks", [](auto rows) { return make_mem_part("mem", rows); }},
                    PartMaker{"small_blocks", [](auto rows) { return make_mem_part("mem", rows, 7); }}),
    name_of_maker);
INSTANTIATE_TEST_SUITE_P(Stored, PartConformance,
                         testing::Values(stored_maker("defaults", {}),
                                         stored_maker("one_row_blocks", {WriterLevel::kFlush, 1, 4 << 20}),
                                         stored_maker("small_blocks", {WriterLevel::kFlush, 64 << 10, 300}),
                                         stored_maker("compaction", {WriterLevel::kCompaction, 64 << 10, 8 << 20}),
                                         stored_maker("groups", {WriterLevel::kCompaction, 100, 5000, 20000})),
                         name_of_maker);

TEST(Segment, NoRowsAreRefused) {
  std::string bytes;
  StringSink sink(bytes);
  EXPECT_EQ(write_rows({}, sink, {}).status().code(), base::StatusCode::kFailedPrecondition);
}

TEST(Segment, StreamsWithoutRowsLeaveNoTrace) {
  const auto labels = [](const char* job) {
    return std::make_shared<const core::Labels>(std::vector<core::Label>{{"job", job}});
  };
  std::string bytes;
  StringSink sink(bytes);
  SegmentWriter writer(sink, {});
  writer.begin_stream(labels("a"));
  writer.begin_stream(labels("b"));
  writer.add({{7}, "line", {}, 0, 0, {}, {}});
  writer.begin_stream(labels("c"));
  const auto stats = writer.finish();
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->streams, 1U);
  const auto part = open(bytes);
  ASSERT_TRUE(part.ok());
  ASSERT_EQ((*part)->streams().size(), 1U);
  EXPECT_EQ((*part)->streams()[0].labels->to_text(), R"({job="b"})");
}

TEST(Segment, StatisticsOfTheWriter) {
  const std::vector<MemRow> rows = random_rows(3, {1000, 9, 50, 2});
  std::uint64_t raw_bytes = 0;
  for (const MemRow& row : rows) raw_bytes += row.line.size() + 1;
  std::vector<MemRow> sorted = rows;
  sort_rows(sorted);
  std::string bytes;
  StringSink sink(bytes);
  const auto stats = write_rows(sorted, sink, {WriterLevel::kFlush, 100, 4 << 20});
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->records, 1000U);
  EXPECT_EQ(stats->raw_bytes, raw_bytes);
  EXPECT_EQ(stats->streams, 9U);
  EXPECT_EQ(stats->blocks, 10U);
  EXPECT_EQ(stats->stored_bytes, bytes.size());
}

TEST(Segment, SameRowsGiveSameBytes) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const std::vector<MemRow> rows = random_rows(seed, {2000, 20, 80, 3});
    const WriterOptions options{WriterLevel::kFlush, 500, 30000};
    EXPECT_TRUE(segment_of(rows, options) == segment_of(rows, options));
  }
}

TEST(Segment, ManySmallStreamsShareABlock) {
  const auto part = stored(random_rows(6, {20000, 5000, 30, 0}), {});
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->blocks().size(), 1U);
}

TEST(Segment, BlocksAreCutAtTheirLimits) {
  const auto by_rows = stored(random_rows(6, {1001, 3, 30, 0}), {WriterLevel::kFlush, 100, 4 << 20});
  ASSERT_NE(by_rows, nullptr);
  EXPECT_EQ(by_rows->blocks().size(), 11U);
  const auto by_weight = stored(random_rows(6, {1001, 3, 30, 0}), {WriterLevel::kFlush, 64 << 10, 1000});
  ASSERT_NE(by_weight, nullptr);
  for (const BlockInfo& block : by_weight->blocks()) EXPECT_LE(block.line_bytes + block.rows, 1000U);
}

TEST(Segment, AHundredThousandStreams) {
  std::vector<MemRow> rows;
  for (std::uint32_t i = 0; i < 100000; ++i) {
    MemRow row;
    row.labels = std::make_shared<const core::Labels>(
        std::vector<core::Label>{{"instance", std::to_string(i * 7919 % 100003)}, {"job", "many"}});
    row.time.value = i;
    row.line = "line " + std::to_string(i);
    rows.push_back(std::move(row));
  }
  const std::string bytes = segment_of(rows);
  auto source = std::make_shared<RecordingSource>(bytes);
  const auto part = open(source);
  ASSERT_TRUE(part.ok()) << part.status();
  // The stream table does not fit into the tail.
  EXPECT_EQ(source->ranges.size(), 2U);
  EXPECT_EQ((*part)->streams().size(), 100000U);
  sort_rows(rows);
  const auto back = sync_all_rows(*part);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(*back == rows);
}

TEST(Segment, OpensWithOneReadAndCountsWithoutTheText) {
  std::vector<MemRow> rows = random_rows(8, {20000, 3, 300, 2, true});  // incompressible: the text is large
  auto source = std::make_shared<RecordingSource>(segment_of(rows));
  const auto part = open(source);
  ASSERT_TRUE(part.ok());
  ASSERT_EQ(source->ranges.size(), 1U);
  EXPECT_EQ(source->ranges[0].length, kTailBytes);

  std::uint64_t counted = 0;
  source->ranges.clear();
  for (std::size_t i = 0; i < (*part)->blocks().size(); ++i) {
    const auto block = sync_read_block(**part, i, {false, false, false});
    ASSERT_TRUE(block.ok());
    counted += (*block)->size();
  }
  EXPECT_EQ(counted, rows.size());
  ASSERT_EQ(source->ranges.size(), (*part)->blocks().size());
  std::uint64_t bytes = 0;
  for (const RecordingSource::Range& range : source->ranges) bytes += range.length;
  EXPECT_LT(bytes, source->size() / 10);
}

TEST(Segment, FarPagesAreReadApart) {
  std::vector<MemRow> rows = random_rows(9, {3000, 1, 30, 0});
  base::SeededRandom random(1);
  for (MemRow& row : rows) {
    std::string value;
    for (int i = 0; i < 100; ++i) value.push_back(static_cast<char>(random.next()));
    row.metadata = {{"large", value}};
  }
  auto source = std::make_shared<RecordingSource>(segment_of(rows));
  const auto part = open(source);
  ASSERT_TRUE(part.ok());
  ASSERT_EQ((*part)->blocks().size(), 1U);
  source->ranges.clear();
  ASSERT_TRUE(sync_read_block(**part, 0, {true, true, false}).ok());
  ASSERT_EQ(source->ranges.size(), 2U);  // the metadata lies between positions and text
  EXPECT_LT(source->ranges[0].length + source->ranges[1].length, 150000U);
  source->ranges.clear();
  ASSERT_TRUE(sync_read_block(**part, 0, {}).ok());
  EXPECT_EQ(source->ranges.size(), 1U);
}

TEST(Segment, PositionsCostNextToNothing) {
  std::vector<MemRow> rows = random_rows(10, {20000, 1, 200, 0});
  std::uint64_t offset = 0;
  std::uint64_t line_number = 0;
  for (MemRow& row : rows) {
    row.source = {{{1, 2}}, true};
    row.flags = {};
    row.offset = offset;
    offset += row.line.size() + 1;
    row.line_number = ++line_number;
  }
  const std::size_t with = segment_of(rows).size();
  for (MemRow& row : rows) row.offset = row.line_number = 0;
  EXPECT_LT(with, segment_of(rows).size() + 300);
}

// Lines whose words are cut in every way: ids, words that grow from static text and numbers, text within text.
std::vector<MemRow> rows_with_words(std::uint64_t seed, std::size_t count) {
  base::SeededRandom random(seed);
  std::vector<MemRow> rows = random_rows(seed, {count, 3, 0, 2});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t id = random.next();
    switch (i % 5) {
      case 0:
        rows[i].line = fmt::format("Received block blk_{} of size {} from 10.1.{}.2", id, id % 9000, id % 200);
        break;
      case 1:
        rows[i].line = fmt::format("prefix{}T{}suffix took {}ms", id % 100000, id % 7777, id % 50);
        break;
      case 2:
        rows[i].line = fmt::format(R"({{"trace":"{:016x}","msg":"user{} asked for \"{:08x}{}\" twice"}})", id,
                                   id % 12345678, id % 99999999, id % 3 == 0 ? "Tail" : "");
        break;
      case 3:
        rows[i].line = fmt::format("{:x}{:x}-{:04x}", id, random.next(), id & 0xffff);
        break;
      default:
        rows[i].line = fmt::format("authentication{} for {:d}", i % 2 == 0 ? "Failure" : "Success", id % 10);
    }
  }
  return rows;
}

TEST(Segment, TheFilterNeverDeniesWhatIsThere) {
  base::SeededRandom random(12);
  for (const WriterOptions& options :
       {WriterOptions{}, WriterOptions{WriterLevel::kCompaction, 300, 1 << 20, 1 << 22}}) {
    const auto part = stored(rows_with_words(12, 2000), options);
    ASSERT_NE(part, nullptr);
    base::SimExecutor executor(1);
    std::size_t proved = 0;
    for (std::size_t i = 0; i < part->blocks().size(); ++i) {
      const auto block = sync_read_block(*part, i, {});
      const auto lines = base::sync_wait(executor, part->line_directory(i));
      ASSERT_TRUE(block.ok() && lines.ok());
      const codec::GramFilter& filter = (*lines)->filter;
      for (std::size_t row = 0; row < (*block)->size(); ++row) {
        const std::string_view line = (*block)->lines[row];
        for (int round = 0; round < 20; ++round) {
          const std::size_t begin = random.next() % line.size();
          const std::string_view part_of_line = line.substr(begin, 1 + random.next() % 40);
          ASSERT_TRUE(filter.may_contain(part_of_line)) << line << " | " << part_of_line;
        }
        for (const core::MetadataPair& pair : (*block)->metadata_of(row)) {
          ASSERT_TRUE(filter.may_contain_pair(pair.name, pair.value));
        }
        proved += filter.may_contain(fmt::format("{:016x}", random.next())) ? 0 : 1;
      }
    }
    EXPECT_GT(proved, 1900U);
  }
}

TEST(Segment, TheRollupCountsEveryRow) {
  std::vector<MemRow> rows = random_rows(14, {3000, 7, 60, 1});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].time.value = static_cast<std::int64_t>(i % 600) * 1'000'000'000 - 300'000'000'000;
    if (i % 3 != 0) rows[i].metadata.push_back({"detected_level", i % 3 == 1 ? "info" : "error"});
  }
  const auto part = stored(rows, {WriterLevel::kFlush, 500, 1 << 20});
  ASSERT_NE(part, nullptr);
  std::map<std::tuple<std::string, std::int64_t, std::string>, std::pair<std::uint64_t, std::uint64_t>> wanted;
  for (const MemRow& row : rows) {
    const std::int64_t minute = (row.time.value + 600'000'000'000) / 60'000'000'000 - 10;
    std::string level;
    for (const core::Label& pair : row.metadata) level = pair.name == "detected_level" ? pair.value : level;
    auto& sums = wanted[{row.labels->to_text(), minute, level}];
    ++sums.first;
    sums.second += row.line.size();
  }
  base::SimExecutor executor(1);
  const auto rollup = base::sync_wait(executor, part->rollup());
  ASSERT_TRUE(rollup.ok()) << rollup.status();
  ASSERT_NE(*rollup, nullptr);
  EXPECT_EQ((*rollup)->entries.size(), wanted.size());
  for (const RollupEntry& entry : (*rollup)->entries) {
    const auto found =
        wanted.find({part->streams()[entry.stream].labels->to_text(), entry.minute, (*rollup)->levels[entry.level]});
    ASSERT_NE(found, wanted.end());
    EXPECT_EQ(found->second, std::pair(entry.rows, entry.line_bytes));
  }
}

TEST(Segment, LengthsNeedNoLines) {
  const std::vector<MemRow> rows = random_rows(15, {500, 2, 60, 0});
  const auto part = stored(rows, {});
  ASSERT_NE(part, nullptr);
  Columns columns{false, false, false};
  columns.lengths = true;
  const auto lengths = sync_read_block(*part, 0, columns);
  const auto text = sync_read_block(*part, 0, {});
  ASSERT_TRUE(lengths.ok() && text.ok());
  ASSERT_EQ((*lengths)->lengths.size(), (*text)->lines.size());
  for (std::size_t i = 0; i < (*text)->lines.size(); ++i) EXPECT_EQ((*lengths)->lengths[i], (*text)->lines[i].size());
}

TEST(Segment, LinesTablesAreReadOnceAndOnlyWhenAskedFor) {
  std::vector<MemRow> rows = rows_with_words(13, 60000);
  auto source = std::make_shared<RecordingSource>(segment_of(rows, {WriterLevel::kFlush, 10000, 8 << 20}));
  const auto part = open(source);
  ASSERT_TRUE(part.ok());
  ASSERT_EQ(source->ranges.size(), 1U);
  source->ranges.clear();
  base::SimExecutor executor(1);
  for (std::size_t i = 0; i < (*part)->blocks().size(); ++i) {
    const auto lines = base::sync_wait(executor, (*part)->line_directory(i));
    ASSERT_TRUE(lines.ok()) << lines.status();
    EXPECT_TRUE((*lines)->pages.empty());
  }
  EXPECT_EQ(source->ranges.size(), 1U);
  source->ranges.clear();
  Columns columns;
  columns.encoded_lines = true;
  const auto encoded = sync_read_block(**part, 1, columns);
  const auto text = sync_read_block(**part, 1, {});
  ASSERT_TRUE(encoded.ok() && text.ok());
  EXPECT_EQ(source->ranges.size(), 2U);
  EXPECT_TRUE((*encoded)->lines.empty());
  ASSERT_NE((*encoded)->encoded, nullptr);
  auto block = (*encoded)->encoded->open();
  ASSERT_TRUE(block.ok());
  codec::DecodedLines decoded;
  ASSERT_TRUE(block->decode_all(decoded).ok());
  EXPECT_EQ(decoded.lines, (*text)->lines);
}

// A sink that fails at the nth call.
class FailingSink final : public ByteSink {
 public:
  explicit FailingSink(int good) : good_(good) {}
  base::Status append(std::string_view) override {
    return good_-- > 0 ? base::ok_status() : base::resource_exhausted_error("disk full");
  }

 private:
  int good_;
};

TEST(Segment, ErrorsOfTheSinkAreKept) {
  std::vector<MemRow> rows = random_rows(11, {100, 2, 50, 0});
  sort_rows(rows);
  int good = 0;
  for (;; ++good) {
    FailingSink sink(good);
    const auto stats = write_rows(rows, sink, {WriterLevel::kFlush, 30, 4 << 20});
    if (stats.ok()) break;
    EXPECT_EQ(stats.status().code(), base::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(good, 1 + 4 + 4 * 3 + 1 + 3 + 1);  // header, blocks, lines tables, rollup, tables, footer with trailer
}

TEST(Segment, ErrorsOfTheSourceAreKept) {
  class Unreachable final : public ByteSource {
   public:
    std::string_view name() const override { return "far"; }
    std::uint64_t size() const override { return 1000; }
    base::Task<base::StatusOr<std::string>> read(std::uint64_t, std::uint64_t) override {
      co_return base::unavailable_error("no route");
    }
  };
  EXPECT_EQ(open(std::make_shared<Unreachable>()).status().code(), base::StatusCode::kUnavailable);
}

TEST(Segment, AShortReadIsDataLoss) {
  class Short final : public ByteSource {
   public:
    std::string_view name() const override { return "short"; }
    std::uint64_t size() const override { return 1000; }
    base::Task<base::StatusOr<std::string>> read(std::uint64_t, std::uint64_t length) override {
      co_return std::string(length - 1, 'x');
    }
  };
  const base::Status status = open(std::make_shared<Short>()).status();
  EXPECT_EQ(status.code(), base::StatusCode::kDataLoss);
  EXPECT_EQ(base::message_of(status), "segment=short section=trailer offset=0: wanted=1000 bytes, found=999");
}

TEST(SegmentDeathTest, UnsortedInputIsABug) {
  std::string bytes;
  StringSink sink(bytes);
  const auto labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"job", "a"}});
  EXPECT_DEATH(
      {
        SegmentWriter writer(sink, {});
        writer.begin_stream(labels);
        writer.begin_stream(labels);
      },
      "BUG:.*streams");
  EXPECT_DEATH(
      {
        SegmentWriter writer(sink, {});
        writer.begin_stream(labels);
        writer.add({{2}, "", {}, 0, 0, {}, {}});
        writer.add({{1}, "", {}, 0, 0, {}, {}});
      },
      "BUG:.*rows");
  EXPECT_DEATH(SegmentWriter(sink, {}).add({{2}, "", {}, 0, 0, {}, {}}), "BUG:.*first stream");
}

}  // namespace
}  // namespace cordwood::segment
