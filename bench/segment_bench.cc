// Encodes files as one segment and decodes it again, and prints MB of raw text per CPU second and the ratio: for
// choosing block size and level, and as the figure behind every change of the format.
//
//   segment_bench [--levels flush,compaction] [--block-mib 8] [--group-mib N] [--rounds 3] [--mix-only] FILE...
//
// Line i of a file with n lines is at T + i * 3600 s / n, one stream a file, the file itself a named source.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/sim_executor.h"
#include "segment/reader.h"
#include "segment/trailer.h"
#include "segment/v2/open.h"
#include "segment/writer.h"

namespace cordwood {
namespace {

constexpr std::int64_t kBegin = 1'790'000'000'000'000'000 / 3'600'000'000'000 * 3'600'000'000'000;
constexpr std::int64_t kHour = 3'600'000'000'000;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Input {
  std::string name;
  core::SharedLabels labels;
  std::string bytes;
  std::vector<std::string_view> lines;
};

Input read_input(const std::string& path) {
  Input input;
  std::ifstream file(path, std::ios::binary);
  CHECK_MSG(file.good(), path);
  std::stringstream content;
  content << file.rdbuf();
  input.bytes = content.str();
  input.name = path.substr(path.rfind('/') + 1);
  input.labels = std::make_shared<const core::Labels>(
      std::vector<core::Label>{{"file", input.name}, {"host", "bench"}, {"job", input.name.substr(0, 8)}});
  for (std::size_t begin = 0; begin < input.bytes.size();) {
    const std::size_t end = std::min(input.bytes.find('\n', begin), input.bytes.size());
    input.lines.push_back(std::string_view(input.bytes).substr(begin, end - begin));
    begin = end + 1;
  }
  return input;
}

std::string encode(const std::vector<const Input*>& inputs, segment::WriterOptions options) {
  std::string bytes;
  segment::StringSink sink(bytes);
  segment::SegmentWriter writer(sink, options);
  std::uint64_t generation = 0;
  for (const Input* input : inputs) {
    writer.begin_stream(input->labels);
    segment::SegmentRow row;
    row.source = {{{++generation * 0x9e3779b97f4a7c15, generation}}, true};
    const auto n = static_cast<std::int64_t>(input->lines.size());
    for (std::int64_t i = 0; i < n; ++i) {
      row.time.value = kBegin + static_cast<std::int64_t>(static_cast<__int128>(i) * kHour / n);
      row.line = input->lines[static_cast<std::size_t>(i)];
      row.line_number = static_cast<std::uint64_t>(i) + 1;
      writer.add(row);
      row.offset += row.line.size() + 1;
    }
  }
  const auto stats = writer.finish();
  CHECK_MSG(stats.ok(), stats.status().ToString().c_str());
  return bytes;
}

// Gives the sum of the lines' bytes, so that nothing is left out.
std::uint64_t decode(const std::string& bytes, segment::Columns columns) {
  base::SimExecutor executor(1);
  auto source = std::make_shared<segment::MemoryByteSource>("bench", std::make_shared<const std::string>(bytes));
  const auto part = base::sync_wait(executor, segment::open_segment(std::move(source)));
  CHECK(part.ok());
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < (*part)->blocks().size(); ++i) {
    const auto block = base::sync_wait(executor, (*part)->read_block(i, columns));
    CHECK(block.ok());
    for (const std::string_view line : (*block)->lines) sum += line.size() + 1;
  }
  return sum;
}

struct Figures {
  double raw = 0;
  double stored = 0;
  // Parts of it: pages of lines, pages beside them, templates and directories, filters.
  double lines = 0;
  double columns = 0;
  double tables = 0;
  double filters = 0;
  double encode_seconds = 0;
  double decode_seconds = 0;
  double count_seconds = 0;
};

void add_parts(const std::string& bytes, Figures& figures) {
  base::SimExecutor executor(1);
  auto source = std::make_shared<segment::MemoryByteSource>("bench", std::make_shared<const std::string>(bytes));
  const auto tail = base::sync_wait(executor, segment::read_tail(source));
  CHECK(tail.ok());
  const auto tables = base::sync_wait(executor, segment::v2::read_tables(source, tail->trailer, tail->bytes));
  CHECK(tables.ok());
  for (const segment::v2::BlockEntry& block : tables->index.blocks) {
    figures.lines += static_cast<double>(block.line_bytes);
    figures.columns += static_cast<double>(block.columns.stored_bytes());
    figures.tables += static_cast<double>(block.directory_bytes);
    figures.filters += static_cast<double>(block.filter_bytes);
  }
  for (const segment::v2::GroupEntry& group : tables->index.groups) {
    figures.tables += static_cast<double>(group.templates_bytes);
  }
}

// Every line comes back byte for byte and in its place.
void check_lines(const std::string& bytes, const std::vector<const Input*>& inputs) {
  base::SimExecutor executor(1);
  auto source = std::make_shared<segment::MemoryByteSource>("bench", std::make_shared<const std::string>(bytes));
  const auto part = base::sync_wait(executor, segment::open_segment(std::move(source)));
  CHECK(part.ok());
  std::size_t input = 0;
  std::size_t line = 0;
  for (std::size_t i = 0; i < (*part)->blocks().size(); ++i) {
    const auto block = base::sync_wait(executor, (*part)->read_block(i, {true, false, false}));
    CHECK_MSG(block.ok(), block.status().ToString());
    for (const std::string_view found : (*block)->lines) {
      while (line == inputs[input]->lines.size()) {
        ++input;
        line = 0;
      }
      CHECK(found == inputs[input]->lines[line]);
      ++line;
    }
  }
  CHECK(input + 1 == inputs.size() && line == inputs[input]->lines.size());
}

Figures measure_once(const std::vector<const Input*>& inputs, segment::WriterOptions options) {
  Figures figures;
  double begin = cpu_seconds();
  const std::string bytes = encode(inputs, options);
  figures.encode_seconds = cpu_seconds() - begin;
  figures.stored = static_cast<double>(bytes.size());
  add_parts(bytes, figures);
  check_lines(bytes, inputs);
  begin = cpu_seconds();
  figures.raw = static_cast<double>(decode(bytes, {}));
  figures.decode_seconds = cpu_seconds() - begin;
  begin = cpu_seconds();
  decode(bytes, {false, false, false});
  figures.count_seconds = cpu_seconds() - begin;
  return figures;
}

// The best of several rounds: what the machine does beside only makes a round slower.
Figures measure(const std::vector<const Input*>& inputs, segment::WriterOptions options, int rounds) {
  Figures best = measure_once(inputs, options);
  for (int round = 1; round < rounds; ++round) {
    const Figures next = measure_once(inputs, options);
    best.encode_seconds = std::min(best.encode_seconds, next.encode_seconds);
    best.decode_seconds = std::min(best.decode_seconds, next.decode_seconds);
    best.count_seconds = std::min(best.count_seconds, next.count_seconds);
  }
  return best;
}

void print(std::string_view name, std::string_view level, const Figures& figures) {
  fmt::print(
      "{:<40} level={:<10} raw_mb={:<7.1f} stored_mb={:<7.3f} ratio={:<6.2f} encode_mb_s={:<5.0f} decode_mb_s={:<5.0f} "
      "count_mb_s={:<6.0f} lines={:.3f} columns={:.3f} tables={:.3f} filters={:.3f}\n",
      name.substr(0, 40), level, figures.raw / 1e6, figures.stored / 1e6, figures.raw / figures.stored,
      figures.raw / 1e6 / figures.encode_seconds, figures.raw / 1e6 / figures.decode_seconds,
      figures.raw / 1e6 / figures.count_seconds, figures.lines / 1e6, figures.columns / 1e6, figures.tables / 1e6,
      figures.filters / 1e6);
}

}  // namespace
}  // namespace cordwood

int main(int argc, char** argv) {
  using namespace cordwood;
  CLI::App app("encode and decode files as segments");
  std::vector<std::string> levels = {"flush", "compaction"};
  std::optional<double> group_mib;
  double block_mib = static_cast<double>(segment::WriterOptions{}.block_weight_max) / (1 << 20);
  int rounds = 3;
  bool mix_only = false;
  std::vector<std::string> paths;
  app.add_option("--levels", levels, "flush, compaction")->delimiter(',')->allow_extra_args(false);
  app.add_option("--group-mib", group_mib,
                 "lines of a row group; 0: each block has its own templates; not given: as the level says");
  app.add_option("--block-mib", block_mib, "weight of a block");
  app.add_option("--rounds", rounds, "the best of so many is printed")->check(CLI::Range(1, 100));
  app.add_flag("--mix-only", mix_only, "not each file alone");
  app.add_option("files", paths, "raw text")->required();
  CLI11_PARSE(app, argc, argv);
  std::vector<Input> inputs;
  for (const std::string& path : paths) inputs.push_back(read_input(path));
  std::sort(inputs.begin(), inputs.end(), [](const Input& a, const Input& b) { return *a.labels < *b.labels; });
  for (const std::string& level : levels) {
    segment::WriterOptions options;
    options.level = level == "flush" ? segment::WriterLevel::kFlush : segment::WriterLevel::kCompaction;
    if (group_mib.has_value()) options.group_bytes_max = static_cast<std::uint64_t>(*group_mib * (1 << 20));
    options.block_weight_max = static_cast<std::uint64_t>(block_mib * (1 << 20));
    std::vector<const Input*> all;
    for (const Input& input : inputs) {
      if (!mix_only) print(input.name, level, measure({&input}, options, rounds));
      all.push_back(&input);
    }
    print(fmt::format("mix ({} files, {} MiB blocks)", all.size(), block_mib), level, measure(all, options, rounds));
  }
}
