// Stored blocks stay readable: tests/compat/codec/lines1.bytes holds what the first encoder made of the lines below,
// lines2.bytes a row group of two blocks with what came later (planes, repeats, shared text). With
// CORDWOOD_WRITE_GOLDEN set lines2 is written anew, for a new version of the format beside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "codec/line_block.h"
#include "codec/line_encoder.h"

namespace cordwood::codec {
namespace {

// Something of every encoding: this list never changes.
std::vector<std::string> golden_lines() {
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < 400; ++i) {
    std::uint64_t mixed = i * 0x9e3779b97f4a7c15;
    switch (i % 4) {
      case 0:
        lines.push_back(fmt::format("2020-01-{:02}T10:{:02}:{:02}.{:03}Z INFO pool-{} took {}.{:02} ms", 1 + i / 40,
                                    i % 60, i % 59, i % 1'000, i % 3, i % 17, i % 100));
        break;
      case 1:
        lines.push_back(fmt::format("10.0.0.{} - - [17/May/2015:18:{:02}:04] \"GET /{}/{:x}.png HTTP/1.1\" 200 {}",
                                    i % 5, i % 60, i % 7, mixed >> 40, mixed >> 44));
        break;
      case 2:
        lines.push_back(
            fmt::format("{{\"log\":\"{:02}:{:02}:00,5 TraceID: {:016x} [call{}][done {}]\\n\",\"stream\":\"{}\"}}",
                        i / 60, i % 60, mixed, i % 2, i, i % 3 == 0 ? "stdout" : "stderr"));
        break;
      default:
        lines.push_back(i % 8 == 3 ? std::string("\xff\0\n\r", 4) : std::string(i % 11, '!'));
    }
  }
  return lines;
}

// The same of the encodings that came second.
std::vector<std::string> later_golden_lines(std::uint64_t block) {
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < 600; ++i) {
    std::uint64_t mixed = (i + 1'000 * block) * 0x9e3779b97f4a7c15;
    std::uint64_t session = (i / 5 + 1'000 * block) * 0xd6e8feb86659fd93;
    lines.push_back(fmt::format("10:{:02}:{:02} session={:016x} port={} took {} us", i / 60, i % 60, session,
                                session >> 48, mixed >> 44));
    if (i % 20 != 0) continue;
    // Long texts that no two lines of a block have in common, but both blocks have.
    std::string text = fmt::format("!at module{}", i);
    for (std::uint64_t k = 1; k < 9; ++k) text += fmt::format(" + {:x}", (i + k) * 0xc2b2ae3d27d4eb4f);
    lines.push_back(text);
  }
  return lines;
}

std::string file(int version) {
  return fmt::format("{}/tests/compat/codec/lines{}.bytes", CORDWOOD_SOURCE_DIR, version);
}

void write_golden() {
  std::vector<std::vector<std::string>> lines = {later_golden_lines(0), later_golden_lines(1)};
  std::vector<std::vector<std::string_view>> views;
  std::vector<std::span<const std::string_view>> blocks;
  for (const std::vector<std::string>& block : lines) views.emplace_back(block.begin(), block.end());
  for (const std::vector<std::string_view>& block : views) blocks.emplace_back(block);
  EncodedLines encoded;
  LineEncoder({.level = LineEncoderLevel::kCompaction}).encode_group(blocks, encoded);
  std::string bytes;
  ByteWriter writer(bytes);
  writer.sized_bytes(encoded.templates);
  for (const EncodedBlock& block : encoded.blocks) {
    writer.sized_bytes(block.directory);
    writer.sized_bytes(block.pages);
  }
  std::ofstream(file(2), std::ios::binary) << bytes;
}

// Gives the kinds of columns that the file has.
std::set<int> expect_file_holds(int version, const std::vector<std::vector<std::string>>& blocks) {
  std::set<int> encodings;
  std::ifstream in(file(version), std::ios::binary);
  EXPECT_TRUE(in.good()) << file(version);
  std::stringstream content;
  content << in.rdbuf();
  std::string bytes = content.str();
  ByteReader reader(bytes, "golden");
  auto templates = reader.sized_bytes(bytes.size(), "templates");
  EXPECT_TRUE(templates.ok());
  auto table = TemplateTable::parse(templates.value_or(""), "golden");
  EXPECT_TRUE(table.ok()) << table.status();
  if (!table.ok()) return encodings;
  if ((*table)->has_shared_text()) encodings.insert(100);
  for (const std::vector<std::string>& lines : blocks) {
    auto directory = reader.sized_bytes(bytes.size(), "directory");
    auto pages = reader.sized_bytes(bytes.size(), "pages");
    EXPECT_TRUE(directory.ok() && pages.ok());
    auto block = LineBlock::open(*table, directory.value_or(""), pages.value_or(""), "golden");
    EXPECT_TRUE(block.ok()) << block.status();
    if (!block.ok()) return encodings;
    DecodedLines decoded;
    EXPECT_TRUE(block->decode_all(decoded).ok());
    EXPECT_TRUE(std::ranges::equal(decoded.lines, lines));
    for (std::uint32_t c = 0; c < (*table)->column_count(); ++c) encodings.insert(block->column_info(c).encoding);
  }
  return encodings;
}

TEST(LinesGolden, OldBytesAreStillRead) {
  EXPECT_TRUE(std::ranges::includes(expect_file_holds(1, {golden_lines()}), std::set<int>{1, 2, 3, 4, 5, 6}));
  if (std::getenv("CORDWOOD_WRITE_GOLDEN") != nullptr) write_golden();
  EXPECT_TRUE(std::ranges::includes(expect_file_holds(2, {later_golden_lines(0), later_golden_lines(1)}),
                                    std::set<int>{2, 6, 7, 100}));
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x} ", static_cast<unsigned char>(c));
  return text;
}

// The bytes that docs/formats/lines.md goes through.
TEST(LinesGolden, TheWorkedExample) {
  std::vector<std::string> lines;
  for (int i = 7; i < 57; ++i) lines.push_back(fmt::format("n={} ok", i));
  std::vector<std::string_view> views(lines.begin(), lines.end());
  EncodedLines encoded;
  LineEncoder().encode(views, encoded);
  EXPECT_EQ(hex(encoded.templates), "01 0d 01 01 01 02 02 6e 3d 01 03 20 6f 6b 00 de 3b ba f4 69 9b d7 4b ");
  EXPECT_EQ(hex(encoded.blocks[0].directory),
            "01 1a db 02 01 02 11 32 b9 85 d5 cd 2a 86 d7 c1 32 02 01 01 01 01 00 00 07 31 00 32 "
            "dc 92 e6 77 51 d4 31 5c ");
  EXPECT_EQ(hex(encoded.blocks[0].pages), "28 b5 2f fd 20 32 45 00 00 10 00 02 01 00 45 00 0b ");
}

}  // namespace
}  // namespace cordwood::codec
