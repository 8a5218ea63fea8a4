// Stored blocks stay readable: tests/compat/codec/lines1.bytes holds what the first encoder made of the lines below.
// With CORDWOOD_WRITE_GOLDEN set the file is written anew, for a new version of the format beside it.
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

std::string file() {
  return std::string(CORDWOOD_SOURCE_DIR) + "/tests/compat/codec/lines1.bytes";
}

void write_golden() {
  std::vector<std::string> lines = golden_lines();
  std::vector<std::string_view> views(lines.begin(), lines.end());
  EncodedLines encoded;
  LineEncoder().encode(views, encoded);
  std::string bytes;
  ByteWriter writer(bytes);
  writer.sized_bytes(encoded.templates);
  writer.sized_bytes(encoded.blocks[0].directory);
  writer.sized_bytes(encoded.blocks[0].pages);
  std::ofstream(file(), std::ios::binary) << bytes;
}

TEST(LinesGolden, OldBytesAreStillRead) {
  if (std::getenv("CORDWOOD_WRITE_GOLDEN") != nullptr) write_golden();
  std::ifstream in(file(), std::ios::binary);
  ASSERT_TRUE(in.good()) << file();
  std::stringstream content;
  content << in.rdbuf();
  std::string bytes = content.str();
  ByteReader reader(bytes, "golden");
  auto templates = reader.sized_bytes(bytes.size(), "templates");
  auto directory = reader.sized_bytes(bytes.size(), "directory");
  auto pages = reader.sized_bytes(bytes.size(), "pages");
  ASSERT_TRUE(templates.ok() && directory.ok() && pages.ok());
  auto table = TemplateTable::parse(*templates, "golden");
  ASSERT_TRUE(table.ok()) << table.status();
  auto block = LineBlock::open(*table, *directory, *pages, "golden");
  ASSERT_TRUE(block.ok()) << block.status();
  DecodedLines decoded;
  ASSERT_TRUE(block->decode_all(decoded).ok());
  EXPECT_TRUE(std::ranges::equal(decoded.lines, golden_lines()));
  std::set<int> encodings;
  for (std::uint32_t c = 0; c < (*table)->column_count(); ++c) encodings.insert(block->column_info(c).encoding);
  EXPECT_TRUE(std::ranges::includes(encodings, std::set<int>{1, 2, 3, 4, 5, 6}));
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
