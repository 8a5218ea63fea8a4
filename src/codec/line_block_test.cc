#include "codec/line_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "codec/line_encoder.h"

namespace cordwood::codec {
namespace {

using Lines = std::vector<std::string>;

std::vector<std::string_view> views_of(const Lines& lines) {
  return {lines.begin(), lines.end()};
}

struct Opened {
  EncodedLines encoded;
  std::vector<LineBlock> blocks;
};

// The encoding must be opened, and its slow and fast readers must give the lines back.
void expect_round_trip(const Lines& lines, LineEncoderLevel level = LineEncoderLevel::kFlush) {
  std::vector<std::string_view> views = views_of(lines);
  LineEncoder encoder({.level = level});
  EncodedLines encoded;
  encoder.encode(views, encoded);
  ASSERT_EQ(encoded.blocks.size(), 1u);
  auto table = TemplateTable::parse(encoded.templates, "test");
  ASSERT_TRUE(table.ok()) << table.status();
  auto block = LineBlock::open(*table, encoded.blocks[0].directory, encoded.blocks[0].pages, "test");
  ASSERT_TRUE(block.ok()) << block.status();
  ASSERT_EQ(block->rows(), lines.size());
  ASSERT_EQ(block->page_bytes(), encoded.blocks[0].pages.size());
  DecodedLines decoded;
  base::Status status = block->decode_all(decoded);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_TRUE(std::ranges::equal(decoded.lines, lines));
  for (std::uint32_t row = 0; row < lines.size(); row += std::max<std::uint32_t>(1, block->rows() / 50)) {
    std::string line;
    ASSERT_TRUE(block->append_line(row, line).ok());
    ASSERT_EQ(line, lines[row]);
  }
  EncodedLines again;
  LineEncoder({.level = level}).encode(views, again);
  ASSERT_EQ(again.templates, encoded.templates);
  ASSERT_EQ(again.blocks[0].pages, encoded.blocks[0].pages);
  ASSERT_EQ(again.blocks[0].directory, encoded.blocks[0].directory);
}

Lines repeated(std::size_t count, auto&& make) {
  Lines lines;
  for (std::size_t i = 0; i < count; ++i) lines.push_back(make(i));
  return lines;
}

TEST(LineBlock, GivesBackWhatIsOdd) {
  expect_round_trip({""});
  expect_round_trip({"", "", ""});
  expect_round_trip({std::string(1, '\0')});
  expect_round_trip({"\n", "a\nb", "\r\n", "x\r"});
  expect_round_trip({"\xff\xfe\x80", "\xc3", std::string("a\0b", 3)});
  expect_round_trip({"\"", "\"\"", "\"a", "a\"", "\"\\\"", "\"\\", "{\"a\":\"b\"}", "{\"a\":\"\\\"b\"}"});
  expect_round_trip({"1.", ".1", "1.2.", "1..2", "1.2.3.4", "1.2x", "00", "0", "01", "18446744073709551616",
                     "99999999999999999999999999"});
  expect_round_trip({"4f4258f7-080e-499b-8e4b-20b5e3455ba4", "4f4258f7-080e-499b-8e4b-20b5e3455ba", "4f4258f7-",
                     "4f4258f7-080e-499b-8e4b-20b5e3455ba4x"});
}

TEST(LineBlock, CutsWhatRepeats) {
  Lines lines = repeated(20'000, [](std::size_t i) {
    return fmt::format("2020-01-10 15:{:02}:{:02},{:03} INFO [worker-{}] request {} took {}.{:03} ms from 10.0.{}.{}",
                       i / 600 % 60, i / 10 % 60, i * 97 % 1000, i % 7, i * 7919, i % 40, i * 31 % 1000, i % 4,
                       i % 250);
  });
  expect_round_trip(lines);
  expect_round_trip(lines, LineEncoderLevel::kCompaction);
  EncodedLines encoded;
  LineEncoder().encode(views_of(lines), encoded);
  auto table = TemplateTable::parse(encoded.templates, "test");
  ASSERT_TRUE(table.ok());
  ASSERT_EQ((*table)->templates().size(), 1u);
  EXPECT_EQ(encoded.raw_rows, 0u);
}

TEST(LineBlock, LinesThatOutgrowTheCaps) {
  base::SeededRandom random(7);
  // One template a line.
  expect_round_trip(repeated(3'000, [&](std::size_t) {
    std::string line;
    for (int i = 0; i < 20; ++i) line.push_back(static_cast<char>(random.next() % 256));
    return line;
  }));
  // 8,000 templates with enough rows each.
  expect_round_trip(repeated(60'000, [&](std::size_t i) {
    std::string marks;
    for (std::size_t k = i % 4'000; k != 0; k /= 6) marks.push_back("!?+*=;"[k % 6]);
    return fmt::format("{} {} end", marks, i);
  }));
  // Very many tokens.
  std::string tokens;
  for (int i = 0; i < 500'000; ++i) tokens += fmt::format("{} ", i % 977);
  expect_round_trip({tokens});
  expect_round_trip({tokens, "short", "short"});
  // Random keys.
  expect_round_trip(repeated(5'000, [&](std::size_t i) {
    return fmt::format("{{\"k{:x}\":\"{}\",\"{:x}\":{}}}", random.next(), i, random.next(), i);
  }));
}

TEST(LineBlock, OneHugeLine) {
  expect_round_trip({std::string(10'000'000, 'x')});
  base::SeededRandom random(3);
  std::string noise;
  for (int i = 0; i < 10'000'000; ++i) noise.push_back(static_cast<char>(random.next() % 256));
  expect_round_trip({noise});
}

struct Group {
  std::vector<Lines> parts;
  EncodedLines encoded;

  Group(std::vector<Lines> lines, LineEncoderLevel level) : parts(std::move(lines)) {
    std::vector<std::vector<std::string_view>> views;
    for (const Lines& part : parts) views.push_back(views_of(part));
    std::vector<std::span<const std::string_view>> blocks(views.begin(), views.end());
    LineEncoder({.level = level}).encode_group(blocks, encoded);
  }
  // The first error, if any; lines that come back must be right in any case.
  base::Status decode(const EncodedLines& bytes) const {
    ASSIGN_OR_RETURN(std::shared_ptr<const TemplateTable> table, TemplateTable::parse(bytes.templates, "test"));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      ASSIGN_OR_RETURN(LineBlock block,
                       LineBlock::open(table, bytes.blocks[i].directory, bytes.blocks[i].pages, "test"));
      DecodedLines decoded;
      RETURN_IF_ERROR(block.decode_all(decoded));
      EXPECT_TRUE(std::ranges::equal(decoded.lines, parts[i]));
    }
    return base::ok_status();
  }
  std::uint64_t bytes() const {
    std::uint64_t sum = encoded.templates.size();
    for (const EncodedBlock& block : encoded.blocks) sum += block.directory.size() + block.pages.size();
    return sum;
  }
};

TEST(LineBlock, BlocksOfAGroupShareTemplates) {
  std::vector<Lines> parts;
  for (std::size_t part = 0; part < 3; ++part) {
    parts.push_back(repeated(500, [&](std::size_t i) {
      return part == 1 && i % 2 == 0 ? fmt::format("only here: {} of {}", i, i * 3)
                                     : fmt::format("id={} done", i + part);
    }));
  }
  Group group(std::move(parts), LineEncoderLevel::kFlush);
  ASSERT_EQ(group.encoded.blocks.size(), 3u);
  auto table = TemplateTable::parse(group.encoded.templates, "test");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->templates().size(), 2u);
  EXPECT_TRUE(group.decode(group.encoded).ok());
}

// Long texts, none twice in a block.
Lines rare_texts(std::uint64_t seed, std::size_t count) {
  base::SeededRandom random(seed);
  return repeated(count, [&](std::size_t) {
    std::string line = "!";
    for (int i = 0; i < 20; ++i) line += fmt::format("{:x} + ", random.next());
    return line;
  });
}

TEST(LineBlock, BlocksOfAGroupShareText) {
  for (LineEncoderLevel level : {LineEncoderLevel::kFlush, LineEncoderLevel::kCompaction}) {
    std::uint64_t one = Group({rare_texts(1, 40)}, level).bytes();
    Group three({rare_texts(1, 40), rare_texts(1, 40), rare_texts(1, 40)}, level);
    EXPECT_LT(three.bytes(), one + one / 2);
    EXPECT_TRUE(three.decode(three.encoded).ok());
    auto table = TemplateTable::parse(three.encoded.templates, "test");
    ASSERT_TRUE(table.ok());
    EXPECT_TRUE((*table)->has_shared_text());
    // Nothing in common: nothing is stored for it.
    Group different({rare_texts(1, 40), rare_texts(2, 40), rare_texts(3, 4'000)}, level);
    EXPECT_TRUE(different.decode(different.encoded).ok());
    table = TemplateTable::parse(different.encoded.templates, "test");
    ASSERT_TRUE(table.ok());
    EXPECT_FALSE((*table)->has_shared_text());
  }
}

TEST(LineBlock, AFlippedBitOfAGroupIsFound) {
  auto with_texts = [](Lines lines) {
    for (std::size_t i = 0; i < 300; ++i)
      lines.push_back(fmt::format("id={:016x} n={}", i / 4 * 0x9e3779b97f4a7c15, i * i));
    return lines;
  };
  Group group({with_texts(rare_texts(1, 10)), with_texts(rare_texts(1, 10))}, LineEncoderLevel::kCompaction);
  ASSERT_TRUE(group.decode(group.encoded).ok());
  auto each_section = [](EncodedLines& lines) {
    std::vector<std::string*> sections = {&lines.templates};
    for (EncodedBlock& block : lines.blocks) sections.insert(sections.end(), {&block.directory, &block.pages});
    return sections;
  };
  for (std::size_t section = 0; section < 5; ++section) {
    std::size_t bits = 8 * each_section(group.encoded)[section]->size();
    for (std::size_t bit = section % 7; bit < bits; bit += 7) {
      EncodedLines bad = group.encoded;
      std::string& bytes = *each_section(bad)[section];
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      EXPECT_EQ(group.decode(bad).code(), base::StatusCode::kDataLoss) << section << " " << bit;
    }
  }
}

// Lines that have nothing in common are recognised by a sample, and kept whole.
TEST(LineBlock, LinesWithNothingInCommonAreKeptWhole) {
  base::SeededRandom random(5);
  Lines noise = repeated(4'000, [&](std::size_t) {
    std::string line;
    for (int i = 0; i < 100; ++i) line.push_back(static_cast<char>(random.next()));
    return line;
  });
  expect_round_trip(noise);
  Group mixed({noise, repeated(4'000, [](std::size_t i) { return fmt::format("user {} logged in", i); }), noise},
              LineEncoderLevel::kCompaction);
  EXPECT_TRUE(mixed.decode(mixed.encoded).ok());
  EXPECT_EQ(mixed.encoded.raw_rows, 8'000u);
}

TEST(LineBlock, WhatRepeatsIsStoredOnce) {
  base::SeededRandom random(11);
  for (std::size_t times : {2u, 3u, 9u, 300u}) {
    Lines lines = repeated(6'000, [&](std::size_t i) {
      // Sessions come and go, each with some of the last few.
      std::uint64_t session = (i / times + random.next() % 4) * 0x9e3779b97f4a7c15;
      return fmt::format("session {:016x} port={} size={}", session, session >> 48, random.next() >> (i % 64));
    });
    expect_round_trip(lines);
    expect_round_trip(lines, LineEncoderLevel::kCompaction);
  }
}

TEST(LineBlock, RowsAndColumnsAgree) {
  Lines lines = repeated(3'000, [](std::size_t i) {
    if (i % 3 == 0) return fmt::format("user {} logged in", i);
    if (i % 3 == 1) return fmt::format("user {} sent {} bytes to node{}", i, i * i, i % 5);
    return fmt::format("queue is {} long", i);
  });
  EncodedLines encoded;
  LineEncoder().encode(views_of(lines), encoded);
  auto table = TemplateTable::parse(encoded.templates, "test");
  ASSERT_TRUE(table.ok());
  auto block = LineBlock::open(*table, encoded.blocks[0].directory, encoded.blocks[0].pages, "test");
  ASSERT_TRUE(block.ok());
  std::vector<std::uint32_t> wanted = {0, 1, 2, 17, 18, 1'000, 2'999};
  DecodedLines some;
  ASSERT_TRUE(block->lines_of(wanted, some).ok());
  ASSERT_EQ(some.lines.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(some.lines[i], lines[wanted[i]]);
  for (std::uint32_t c = 0; c < (*table)->column_count(); ++c) {
    auto rows = block->rows_of_column(c);
    ASSERT_TRUE(rows.ok());
    EXPECT_EQ(rows->size(), block->column_info(c).count);
    for (std::uint32_t p = 0; p < rows->size(); p += 100) {
      std::string value;
      ASSERT_TRUE(block->append_value(c, p, value).ok());
      EXPECT_NE(lines[(*rows)[p]].find(value), std::string::npos);
    }
  }
}

TEST(LineBlock, AFlippedBitIsFoundOrChangesNothing) {
  Lines lines =
      repeated(300, [](std::size_t i) { return fmt::format("user {} has id {:x} and {}", i, i * 77'777, i % 3); });
  EncodedLines good;
  LineEncoder().encode(views_of(lines), good);
  auto flip = [&](int section, std::size_t bit) {
    EncodedLines bad = good;
    std::string& bytes = section == 0 ? bad.templates : section == 1 ? bad.blocks[0].directory : bad.blocks[0].pages;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    auto table = TemplateTable::parse(bad.templates, "test");
    if (!table.ok()) return table.status();
    auto block = LineBlock::open(*table, bad.blocks[0].directory, bad.blocks[0].pages, "test");
    if (!block.ok()) return block.status();
    DecodedLines decoded;
    base::Status status = block->decode_all(decoded);
    EXPECT_TRUE(!status.ok() || std::ranges::equal(decoded.lines, lines));
    return status;
  };
  std::size_t sizes[] = {good.templates.size(), good.blocks[0].directory.size(), good.blocks[0].pages.size()};
  for (int section = 0; section < 3; ++section) {
    for (std::size_t bit = 0; bit < 8 * sizes[section]; ++bit) {
      base::Status status = flip(section, bit);
      EXPECT_EQ(status.code(), base::StatusCode::kDataLoss) << section << " " << bit;
    }
  }
}

}  // namespace
}  // namespace cordwood::codec
