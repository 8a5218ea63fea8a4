// Bytes that are not what the writer wrote: never wrong rows, never a crash.
#include <gtest/gtest.h>

#include <cstring>

#include "base/hash.h"
#include "codec/little_endian.h"
#include "segment/format.h"
#include "segment/pages/metadata_page.h"
#include "segment/pages/positions_page.h"
#include "segment/pages/times_page.h"
#include "segment/part_testing.h"
#include "segment/reader.h"
#include "segment/trailer.h"
#include "segment/v2/tables.h"

namespace cordwood::segment {
namespace {

std::vector<MemRow> sorted_rows(std::uint64_t seed, const RandomRows& shape) {
  std::vector<MemRow> rows = random_rows(seed, shape);
  sort_rows(rows);
  return rows;
}

std::string written(const std::vector<MemRow>& rows, WriterOptions options) {
  std::string bytes;
  StringSink sink(bytes);
  const auto stats = write_rows(rows, sink, options);
  EXPECT_TRUE(stats.ok()) << stats.status();
  return bytes;
}

base::StatusOr<std::shared_ptr<const Part>> open(std::string bytes) {
  base::SimExecutor executor(1);
  return base::sync_wait(executor, open_segment(std::make_shared<MemoryByteSource>(
                                       "object-1", std::make_shared<const std::string>(std::move(bytes)))));
}

base::StatusOr<std::vector<MemRow>> read_all(std::string bytes) {
  auto part = open(std::move(bytes));
  if (!part.ok()) return part.status();
  base::SimExecutor executor(1);
  const auto rollup = base::sync_wait(executor, (*part)->rollup());
  if (!rollup.ok()) return rollup.status();
  return sync_all_rows(*part);
}

TEST(Corruption, EveryFlippedBitIsDataLossOrChangesNothing) {
  const std::vector<MemRow> rows = sorted_rows(1, {60, 3, 60, 2});
  const std::string good = written(rows, {WriterLevel::kFlush, 25, 4 << 20});
  std::size_t unchanged = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    const auto found = read_all(std::move(bad));
    if (found.ok()) {
      ++unchanged;
      ASSERT_TRUE(*found == rows) << "bit " << bit;
    } else {
      ASSERT_EQ(found.status().code(), base::StatusCode::kDataLoss) << "bit " << bit << ": " << found.status();
    }
  }
  EXPECT_EQ(unchanged, kHeaderMagic.size() * 8);  // nothing but the header is without a checksum
}

TEST(Corruption, EveryTruncationAndAnyBytesAtTheEndAreDataLoss) {
  const std::string good = written(sorted_rows(2, {60, 3, 60, 2}), {WriterLevel::kFlush, 25, 4 << 20});
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
    ASSERT_EQ(open(good.substr(0, bytes)).status().code(), base::StatusCode::kDataLoss) << bytes;
    ASSERT_EQ(open(good.substr(bytes + 1)).status().code(), base::StatusCode::kDataLoss) << bytes;
  }
  EXPECT_EQ(open(good + '\0').status().code(), base::StatusCode::kDataLoss);
  EXPECT_EQ(open(good + good).status().code(), base::StatusCode::kDataLoss);
}

TEST(Corruption, RandomBytesAreDataLoss) {
  base::SeededRandom random(3);
  const std::string good = written(sorted_rows(3, {60, 3, 60, 2}), {});
  for (int round = 0; round < 500; ++round) {
    std::string bad = good;
    const std::size_t begin = random.next() % bad.size();
    const std::size_t end = begin + random.next() % (bad.size() - begin) + 1;
    for (std::size_t i = begin; i < end; ++i) bad[i] = static_cast<char>(random.next());
    if (end <= kHeaderMagic.size()) continue;
    ASSERT_EQ(read_all(std::move(bad)).status().code(), base::StatusCode::kDataLoss);
  }
}

TEST(Corruption, ErrorsNameWhatIsWrong) {
  const std::string good = written(sorted_rows(4, {100, 3, 60, 2}), {});
  std::string bad = good;
  bad[kHeaderMagic.size() + 3] ^= 1;
  const auto part = open(bad);
  ASSERT_TRUE(part.ok());
  const base::Status block = sync_read_block(**part, 0, {}).status();
  EXPECT_TRUE(base::message_of(block).starts_with("segment=object-1 section=block 0 times offset=8: checksum of "))
      << block;
  EXPECT_NE(base::message_of(block).find("wanted="), std::string_view::npos);
  bad = good;
  bad.back() = 'X';
  EXPECT_EQ(base::message_of(open(bad).status()),
            fmt::format("segment=object-1 section=trailer offset={}: wanted=CWSEGEND, found=something else",
                        good.size() - 8));
}

TEST(Corruption, OneDamagedPageHidesOnlyWhatItHolds) {
  const std::vector<MemRow> rows = sorted_rows(5, {300, 3, 60, 0});
  const std::string good = written(rows, {WriterLevel::kFlush, 100, 4 << 20});
  const auto whole = open(good);
  ASSERT_TRUE(whole.ok());
  ASSERT_EQ((*whole)->blocks().size(), 3U);
  base::SimExecutor executor(1);
  std::size_t damaged = 0;
  for (std::size_t at = kHeaderMagic.size(); at < good.size(); ++at) {
    std::string bad = good;
    bad[at] ^= 0x10;
    const auto part = open(bad);
    if (!part.ok()) break;  // the tables begin here
    std::size_t unreadable = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      unreadable += sync_read_block(**part, i, {}).ok() ? 0 : 1;
    }
    unreadable += base::sync_wait(executor, (*part)->rollup()).ok() ? 0 : 1;
    ASSERT_EQ(unreadable, 1U) << at;
    ++damaged;
  }
  EXPECT_GT(damaged, 1000U);
}

TEST(Corruption, CountingDoesNotNeedTheText) {
  const std::string good = written(sorted_rows(6, {300, 3, 60, 0}), {});
  base::SimExecutor executor(1);
  std::size_t text_only = 0;
  for (std::size_t at = kHeaderMagic.size(); at < good.size(); at += 7) {
    std::string bad = good;
    bad[at] ^= 1;
    const auto part = open(bad);
    if (!part.ok()) break;
    const bool all = sync_read_block(**part, 0, {}).ok() && base::sync_wait(executor, (*part)->rollup()).ok();
    const bool count = sync_read_block(**part, 0, {false, false, false}).ok();
    EXPECT_FALSE(all);
    text_only += count ? 1 : 0;
  }
  EXPECT_GT(text_only, 100U);
}

// A trailer with a right checksum that says `version`.
std::string with_version(std::string segment, std::uint16_t version) {
  const std::size_t trailer_at = segment.size() - kTrailerBytes;
  Trailer trailer;
  trailer.segment_bytes = segment.size();
  trailer.footer_bytes = codec::load_le<std::uint32_t>(segment.data() + trailer_at + 8);
  trailer.version = version;
  const std::string footer = segment.substr(trailer_at - trailer.footer_bytes, trailer.footer_bytes);
  segment.resize(trailer_at);
  append_trailer(trailer, footer, segment);
  return segment;
}

TEST(Corruption, AnUnknownVersionIsUnimplemented) {
  const std::string good = written(sorted_rows(7, {10, 2, 20, 0}), {});
  EXPECT_TRUE(with_version(good, 2) == good);
  for (const std::uint16_t version : std::initializer_list<std::uint16_t>{0, 3, 65535}) {
    EXPECT_EQ(open(with_version(good, version)).status().code(), base::StatusCode::kUnimplemented) << version;
  }
}

// What a checksum cannot catch: pages and tables that somebody made up. The decoders see random damage directly.
class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}
  std::string of(std::string bytes) {
    for (std::uint64_t changes = random_.next() % 3 + 1; changes > 0 && !bytes.empty(); --changes) {
      const std::size_t at = random_.next() % bytes.size();
      switch (random_.next() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random_.next());
          break;
        case 1:
          bytes.erase(at, random_.next() % 4);
          break;
        case 2:
          bytes.insert(at, 1, static_cast<char>(random_.next() % 2 == 0 ? 0xff : random_.next()));
          break;
        default:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.next() % 8));
      }
    }
    return bytes;
  }

 private:
  base::SeededRandom random_;
};

constexpr int kRounds = 20000;

TEST(Damage, TimesPages) {
  std::string good;
  pages::TimesEncoder().append(std::vector<base::UnixNanos>{{5}, {1005}, {2005}, {9'000'000'000}}, good);
  Damage damage(1);
  for (int i = 0; i < kRounds; ++i) {
    const auto times = pages::read_times(damage.of(good), 4);
    if (times.ok()) {
      EXPECT_EQ(times->size(), 4U);
    } else {
      EXPECT_EQ(times.status().code(), base::StatusCode::kDataLoss);
    }
  }
}

TEST(Damage, PositionsPages) {
  pages::Positions rows;
  rows.sources = {0, 0, 1, 1};
  rows.flags = {{0}, {1}, {2}, {3}};
  rows.offsets = {0, 10, 5, 6};
  rows.line_numbers = {1, 2, 0, 0};
  const std::vector<std::uint64_t> lengths = {9, 5, 5, 5};
  std::string good;
  pages::PositionsEncoder().append(rows, lengths, good);
  Damage damage(2);
  for (int i = 0; i < kRounds; ++i) {
    const auto positions = pages::read_positions(damage.of(good), lengths, 2);
    if (!positions.ok()) continue;
    for (const std::uint32_t source : positions->sources) EXPECT_LT(source, 2U);
    EXPECT_EQ(positions->line_numbers.size(), 4U);
  }
}

TEST(Damage, MetadataPages) {
  pages::MetadataEncoder encoder;
  const std::vector<core::MetadataPair> pairs = {{"trace", "abc"}, {"span", ""}, {"trace", "d"}};
  encoder.add_row(pairs);
  encoder.add_row({});
  encoder.add_row(std::span(pairs).first(1));
  std::string good;
  encoder.append(good);
  Damage damage(3);
  for (int i = 0; i < kRounds; ++i) {
    const std::string bad = damage.of(good);
    const auto metadata = pages::read_metadata(bad, 3, 10);
    if (!metadata.ok()) continue;
    EXPECT_EQ(metadata->begin.size(), 4U);
    EXPECT_EQ(metadata->begin.back(), metadata->pairs.size());
    EXPECT_LE(metadata->pairs.size(), 10U);
    for (const core::MetadataPair& pair : metadata->pairs) {
      EXPECT_TRUE(pair.value.empty() || (pair.value.data() >= bad.data() &&
                                         pair.value.data() + pair.value.size() <= bad.data() + bad.size()));
    }
  }
}

TEST(Damage, Tables) {
  const std::string segment = written(sorted_rows(8, {200, 10, 20, 2}), {WriterLevel::kFlush, 20, 4 << 20});
  const auto part = open(segment);
  ASSERT_TRUE(part.ok());
  pages::Summary summary;
  summary.times = (*part)->times();
  for (const PartStream& stream : (*part)->streams()) {
    summary.records += stream.records;
    summary.line_bytes += stream.line_bytes;
  }
  std::string streams;
  pages::append_streams({(*part)->streams().begin(), (*part)->streams().end()}, summary, streams);
  ASSERT_TRUE(pages::read_streams(streams, summary).ok());
  std::string sources;
  pages::append_sources({(*part)->sources().begin(), (*part)->sources().end()}, sources);
  ASSERT_TRUE(pages::read_sources(sources).ok());
  v2::BlockIndex index;
  std::uint64_t end = kHeaderMagic.size();
  for (const BlockInfo& info : (*part)->blocks()) {
    v2::BlockEntry& entry = index.blocks.emplace_back();
    entry.columns.info = info;
    for (pages::PageEntry& page : entry.columns.pages) page = {pages::Encoding::kZstd, 10, 20, 30};
    entry.line_bytes = 40;
    entry.directory_bytes = 50;
    entry.filter_bytes = 60;
    index.groups.push_back({1, 70});
    end += entry.stored_bytes() + 50 + 60 + 70;
  }
  std::string blocks;
  v2::append_index(index, summary, blocks);
  ASSERT_TRUE(v2::read_index(blocks, summary, end, (*part)->streams().size()).ok());
  Damage damage(4);
  for (int i = 0; i < kRounds; ++i) {
    const auto bad_streams = pages::read_streams(damage.of(streams), summary);
    if (bad_streams.ok()) {
      EXPECT_FALSE(bad_streams->empty());
    }
    const auto bad_sources = pages::read_sources(damage.of(sources));
    if (bad_sources.ok()) {
      EXPECT_FALSE(bad_sources->empty());
    }
    const auto bad_index = v2::read_index(damage.of(blocks), summary, end, (*part)->streams().size());
    if (!bad_index.ok()) continue;
    for (const v2::BlockEntry& block : bad_index->blocks) {
      EXPECT_LE(block.columns.offset + block.stored_bytes(), bad_index->lines_tables_offset);
      EXPECT_LE(block.directory_offset + block.directory_bytes, end);
      EXPECT_LE(block.filter_offset + block.filter_bytes, end);
      EXPECT_LT(block.group, bad_index->groups.size());
      EXPECT_LT(block.columns.info.last_stream, (*part)->streams().size());
    }
  }
}

}  // namespace
}  // namespace cordwood::segment
