// Searches lines as templates and columns, one core, without segments and queries: what exec/encoded costs, and the
// memory that is kept of columns.
//
//   encoded_bench [--rounds 5] [--needle TEXT]... FILE...
//
// Each file is cut into blocks of 8 MiB. For each needle: milliseconds over all blocks with nothing decoded, and again
// with the columns kept; lines that hold it; MB that are kept afterwards.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "codec/line_block.h"
#include "codec/line_encoder.h"
#include "exec/encoded/encoded_filters.h"
#include "exec/literal_filters.h"

namespace cordwood {
namespace {

constexpr std::size_t kBlockBytes = 8 << 20;
constexpr std::size_t kBlockRows = 64 << 10;

struct Block {
  std::shared_ptr<const codec::TemplateTable> table;
  std::string directory;
  std::string pages;

  codec::LineBlock open() const {
    auto opened = codec::LineBlock::open(table, directory, pages, "bench");
    CHECK_MSG(opened.ok(), base::message_of(opened.status()));
    return *std::move(opened);
  }
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK_MSG(file.good(), path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

void encode(const std::vector<std::string_view>& lines, std::vector<Block>& out) {
  static codec::LineEncoder encoder;
  codec::EncodedLines encoded;
  encoder.encode(lines, encoded);
  auto table = codec::TemplateTable::parse(encoded.templates, "bench");
  CHECK(table.ok());
  for (const codec::EncodedBlock& block : encoded.blocks) {
    out.push_back({*table, std::string(block.directory), std::string(block.pages)});
  }
}

void add_file(const std::string& path, std::vector<Block>& out) {
  const std::string bytes = read_file(path);
  std::vector<std::string_view> lines;
  std::size_t weight = 0;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    if (!lines.empty() && (weight + (end - begin) > kBlockBytes || lines.size() == kBlockRows)) {
      encode(lines, out);
      lines.clear();
      weight = 0;
    }
    lines.push_back(std::string_view(bytes).substr(begin, end - begin));
    weight += end - begin;
    begin = end + 1;
  }
  if (!lines.empty()) encode(lines, out);
}

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

exec::EncodedFilters filters_of(const std::string& needle) {
  std::vector<logql::Stage> stages;
  logql::LineFilter filter;
  filter.op = logql::LineFilterOp::kContains;
  filter.terms.push_back({.at = 0, .text = needle});
  stages.emplace_back(filter);
  return exec::EncodedFilters(exec::LiteralFilters::take(stages));
}

std::uint64_t count_lines(const exec::EncodedFilters& filters, std::vector<codec::LineBlock>& blocks) {
  std::uint64_t lines = 0;
  for (codec::LineBlock& block : blocks) {
    const exec::BlockVerdict verdict = filters.judge(block);
    if (verdict == exec::BlockVerdict::kNoRow) continue;
    if (verdict == exec::BlockVerdict::kAllRows) {
      lines += block.rows();
      continue;
    }
    const auto rows = filters.select(block);
    CHECK(rows.ok());
    lines += rows->count();
  }
  return lines;
}

void measure(const std::vector<Block>& stored, const std::string& needle, int rounds) {
  const exec::EncodedFilters filters = filters_of(needle);
  double cold = 1e100;
  double warm = 1e100;
  std::uint64_t lines = 0;
  std::size_t kept = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<codec::LineBlock> blocks;
    const double begin = now_ms();
    for (const Block& block : stored) blocks.push_back(block.open());
    lines = count_lines(filters, blocks);
    cold = std::min(cold, now_ms() - begin);
    for (int again = 0; again < 3; ++again) {
      const double second = now_ms();
      CHECK(count_lines(filters, blocks) == lines);
      warm = std::min(warm, now_ms() - second);
    }
    kept = 0;
    for (const codec::LineBlock& block : blocks) kept += block.kept_bytes();
  }
  fmt::print("{:8.2f} ms cold {:8.2f} ms warm {:9} lines {:7.1f} MB kept  {}\n", cold, warm, lines,
             static_cast<double>(kept) / 1e6, needle);
}

int run(int argc, char** argv) {
  int rounds = 5;
  std::vector<std::string> needles;
  std::vector<std::string> files;
  CLI::App app("searches in encoded lines");
  app.add_option("--rounds", rounds);
  app.add_option("--needle", needles)->allow_extra_args(false);
  app.add_option("files", files)->required();
  CLI11_PARSE(app, argc, argv);
  if (needles.empty()) needles = {"xyzzy-no-such-thing", "INFO", "connection refused", "id=4711", "0b32e610c029"};
  std::vector<Block> blocks;
  for (const std::string& file : files) add_file(file, blocks);
  fmt::print("{} blocks\n", blocks.size());
  for (const std::string& needle : needles) measure(blocks, needle, rounds);
  return 0;
}

}  // namespace
}  // namespace cordwood

int main(int argc, char** argv) {
  return cordwood::run(argc, argv);
}
