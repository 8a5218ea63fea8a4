// Holds docs/formats/segment.md and the golden files against the code.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "segment/dump.h"
#include "segment/part_testing.h"
#include "segment/reader.h"

namespace cordwood::segment {
namespace {

const std::string kSource = CORDWOOD_SOURCE_DIR;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x} ", static_cast<unsigned char>(c));
  return hex;
}

std::shared_ptr<ByteSource> source_of(std::string name, std::string bytes) {
  return std::make_shared<MemoryByteSource>(std::move(name), std::make_shared<const std::string>(std::move(bytes)));
}

std::string written(const std::vector<MemRow>& rows, WriterOptions options) {
  std::string bytes;
  StringSink sink(bytes);
  const auto stats = write_rows(rows, sink, options);
  EXPECT_TRUE(stats.ok()) << stats.status();
  return bytes;
}

core::SharedLabels labels(std::vector<core::Label> all) {
  return std::make_shared<const core::Labels>(std::move(all));
}

// The rows of the worked example.
std::vector<MemRow> example_rows() {
  std::vector<MemRow> rows(3);
  for (std::size_t i = 0; i < 2; ++i) {
    rows[i].labels = labels({{"job", "a"}});
    rows[i].time.value = 1'000'000'000 + static_cast<std::int64_t>(i) * 1'000'000;
    rows[i].line = i == 0 ? "hi" : "you";
    rows[i].source = {{{1, 2}}, true};
    rows[i].offset = i * 3;
    rows[i].line_number = i + 1;
  }
  rows[2].labels = labels({{"job", "b"}});
  rows[2].time.value = 1'000'000'000;
  rows[2].line = "ok";
  rows[2].source = {{{1, 7}}, false};
  rows[2].metadata = {{"k", "v"}};
  return rows;
}

// The bytes in the specification's example: lines `    OFFSET  xx xx xx  comment`.
std::string bytes_in_specification(const std::string& page) {
  std::istringstream lines(read_file(kSource + "/docs/formats/" + page));
  std::string line;
  std::string bytes;
  bool inside = false;
  while (std::getline(lines, line)) {
    if (line.starts_with("## ")) inside = line == "## A worked example";
    if (!inside || !line.starts_with("    ")) continue;
    std::istringstream fields(line);
    std::size_t offset = 0;
    if (!(fields >> offset)) continue;
    EXPECT_EQ(offset, bytes.size()) << line;
    const std::size_t hex_begin = line.find_first_not_of(' ', line.find_first_of(' ', line.find_first_not_of(' ')));
    const std::string hex = line.substr(hex_begin, line.find("  ", hex_begin) - hex_begin);
    std::istringstream hex_bytes(hex);
    for (std::string byte; hex_bytes >> byte;) bytes.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
  }
  return bytes;
}

TEST(Specification, WorkedExampleIsWhatTheWriterWrites) {
  EXPECT_EQ(to_hex(bytes_in_specification("segment.md")), to_hex(written(example_rows(), {})));
}

TEST(Specification, WorkedExamplesCanBeRead) {
  for (const char* page : {"segment.md", "segment-v1.md"}) {
    base::SimExecutor executor(1);
    const auto part = base::sync_wait(executor, open_segment(source_of("example", bytes_in_specification(page))));
    ASSERT_TRUE(part.ok()) << part.status();
    const auto rows = base::sync_wait(executor, read_all_rows(*part));
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_TRUE(*rows == example_rows()) << page;
  }
}

// Rows by formula, so that no generator that changes can change them.
std::vector<MemRow> golden_rows() {
  std::vector<MemRow> rows;
  for (std::uint64_t i = 0; i < 400; ++i) {
    MemRow row;
    row.labels =
        i % 3 == 0 ? labels({{"host", "web-1"}, {"job", "nginx"}}) : labels({{"job", "app"}, {"zone", "\"q\"\n"}});
    row.time.value = 1'790'000'000'000'000'000 + static_cast<std::int64_t>(i * 250'000'000 + i % 7);
    row.line = fmt::format("request {} took {} ms from 10.0.{}.{}", i, i * i % 977, i % 5, i % 251);
    if (i % 50 == 1) row.line = std::string("\xff\0\n\r", 4);
    if (i % 50 == 2) row.line.clear();
    row.source = {{{0x0123456789abcdef, 1 + i % 3}}, i % 3 != 1};
    row.offset = row.source.named ? i * 100 : i;
    row.line_number = row.source.named ? i + 1 : 0;
    row.flags = core::RecordFlags::make(static_cast<core::LineEnd>(i / 10 % 4), static_cast<core::TimeOrigin>(i % 4),
                                        i % 90 == 0);
    if (i % 4 == 0) row.metadata.push_back({"trace_id", fmt::format("{:08x}", i * 2654435761U)});
    if (i % 8 == 0) row.metadata.push_back({"level", "info"});
    rows.push_back(std::move(row));
  }
  sort_rows(rows);
  return rows;
}

// Only when the files do not exist yet: a version that was ever written stays as it is.
void write_golden(const std::string& version, const DumpOptions& options) {
  const std::string path = kSource + "/tests/compat/segment/" + version;
  if (std::getenv("CORDWOOD_WRITE_GOLDEN") == nullptr || std::ifstream(path + ".segment").good()) return;
  base::SimExecutor executor(1);
  const std::string bytes = written(golden_rows(), {WriterLevel::kCompaction, 150, 4 << 20});
  std::ofstream(path + ".segment", std::ios::binary) << bytes;
  const auto dump = base::sync_wait(executor, dump_segment(source_of(version, bytes), options));
  ASSERT_TRUE(dump.ok());
  std::ofstream(path + ".dump", std::ios::binary) << *dump;
}

class Compatibility : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Versions, Compatibility, testing::Values("v1", "v2"));

TEST_P(Compatibility, GoldenFileIsReadAsItWas) {
  const std::string path = kSource + "/tests/compat/segment/" + GetParam();
  base::SimExecutor executor(1);
  const DumpOptions options{30, true};
  if (GetParam() == "v2") write_golden("v2", options);
  const std::shared_ptr<ByteSource> source = source_of(GetParam(), read_file(path + ".segment"));
  const auto part = base::sync_wait(executor, open_segment(source));
  ASSERT_TRUE(part.ok()) << part.status();
  const auto rows = base::sync_wait(executor, read_all_rows(*part));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE(*rows == golden_rows());
  const auto dump = base::sync_wait(executor, dump_segment(source, options));
  ASSERT_TRUE(dump.ok()) << dump.status();
  EXPECT_EQ(*dump, read_file(path + ".dump"));
}

TEST(Dump, CountsWhatItLeavesOut) {
  base::SimExecutor executor(1);
  const auto dump = base::sync_wait(executor, dump_segment(source_of("x", written(golden_rows(), {})), {1, true}));
  ASSERT_TRUE(dump.ok());
  EXPECT_NE(dump->find("streams 2\n"), std::string::npos);
  EXPECT_NE(dump->find("  399 more rows\n"), std::string::npos);
}

}  // namespace
}  // namespace cordwood::segment
