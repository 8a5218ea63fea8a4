// Lines of any bytes come back as they were, by the fast and by the slow way; and a block whose bytes were changed,
// with checksums made right again, is read or refused, but never read beyond its bounds.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "codec/line_block.h"
#include "codec/line_encoder.h"
#include "codec/lines/section.h"
#include "codec/zstd.h"

namespace {

namespace codec = cordwood::codec;

constexpr std::size_t kRowsMax = 400;

// Each line is taken from the input, or repeats what an earlier line was with a number changed, so that there is
// something to find templates in.
std::vector<std::string> make_lines(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty() && lines.size() < kRowsMax) {
    auto control = static_cast<unsigned char>(bytes[0]);
    std::string_view rest = bytes.substr(1);
    std::string_view part = rest.substr(0, rest.find('\n'));
    bytes = rest.substr(std::min(part.size() + 1, rest.size()));
    int repeats = control % 8 == 0 ? 60 : 1;
    for (int i = 0; i < repeats && lines.size() < kRowsMax; ++i) {
      std::string line(part);
      if (repeats > 1) line += " " + std::to_string(control * i);
      lines.push_back(std::move(line));
    }
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

bool read_all(const codec::EncodedLines& encoded, codec::DecodedLines& decoded) {
  auto table = codec::TemplateTable::parse(encoded.templates, "fuzz");
  if (!table.ok()) return false;
  auto block = codec::LineBlock::open(*table, encoded.blocks[0].directory, encoded.blocks[0].pages, "fuzz");
  if (!block.ok()) return false;
  for (std::uint32_t column = 0; column < (*table)->column_count(); ++column) {
    if (block->column_info(column).count == 0) continue;
    auto rows = block->rows_of_column(column);
    if (!rows.ok()) continue;
    CHECK(rows->size() == block->column_info(column).count);
  }
  if (!block->decode_all(decoded).ok()) return false;
  CHECK(decoded.lines.size() == block->rows());
  std::string line;
  for (std::uint32_t row = 0; row < block->rows(); row += 7) {
    line.clear();
    CHECK(block->append_line(row, line).ok());
    CHECK(line == decoded.lines[row]);
  }
  return true;
}

// Changes one byte of a section's contents and frames it again.
void damage(std::string& section, std::uint32_t where, std::uint8_t by) {
  auto raw = codec::lines::read_section(section, "fuzz", 0);
  if (!raw.ok() || raw->empty()) return;
  (*raw)[where % raw->size()] = static_cast<char>((*raw)[where % raw->size()] ^ by);
  section.clear();
  static codec::ZstdCompressor compressor(1);
  codec::lines::append_section(*raw, compressor, section);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6) return 0;
  std::uint32_t where = 0;
  std::memcpy(&where, data, 4);
  std::uint8_t by = data[4];
  std::vector<std::string> lines = make_lines({reinterpret_cast<const char*>(data) + 5, size - 5});
  std::vector<std::string_view> views(lines.begin(), lines.end());
  static codec::LineEncoder encoder;
  static codec::EncodedLines encoded;
  static codec::DecodedLines decoded;
  encoder.encode(views, encoded);
  CHECK(read_all(encoded, decoded));
  CHECK(decoded.lines == views);
  if (by == 0) return 0;
  damage(where % 2 == 0 ? encoded.templates : encoded.blocks[0].directory, where / 2, by);
  (void)read_all(encoded, decoded);
  return 0;
}
