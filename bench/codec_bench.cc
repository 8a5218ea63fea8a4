// Encodes files as blocks of templates and columns and decodes them again: bytes against zstd, and MB of raw text per
// CPU second. Every line is compared with what comes back.
//
//   codec_bench [--level flush|compaction] [--rounds 3] [--block-mib 8] [--reference FILE] [--columns] [--encodings]
//   [--memory] [--no-decode] FILE...
//   codec_bench --mutate 10000000 [--seed 1] [--level ...] FILE...
//
// --reference names a file of lines `name zstd3 zstd19` (bytes with 8 MiB blocks at level 3; whole file at level 19,
// long window); what is missing in it is measured and appended.
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>
#include <zstd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "codec/line_block.h"
#include "codec/line_encoder.h"

namespace cordwood {
namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The most memory that the process ever had.
double peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  CHECK_MSG(file.good(), path);
  std::string content(static_cast<std::size_t>(file.tellg()), '\0');
  file.seekg(0);
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  CHECK_MSG(file.good(), path);
  return content;
}

std::vector<std::string_view> lines_of(std::string_view bytes) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < bytes.size();) {
    std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    lines.push_back(bytes.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

using Block = std::span<const std::string_view>;

std::vector<Block> blocks_of(std::span<const std::string_view> lines, std::uint64_t bytes_max) {
  std::vector<Block> blocks;
  std::size_t begin = 0;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i <= lines.size(); ++i) {
    bool full = i == lines.size() || i - begin == codec::kLineBlockRowsMax || bytes + lines[i].size() + 1 > bytes_max;
    if (full && i > begin) {
      blocks.push_back(lines.subspan(begin, i - begin));
      begin = i;
      bytes = 0;
    }
    if (i < lines.size()) bytes += lines[i].size() + 1;
  }
  return blocks;
}

struct References {
  std::string path;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> known;

  explicit References(const std::string& file) : path(file) {
    std::ifstream in(path);
    std::string name;
    std::uint64_t zstd3 = 0;
    std::uint64_t zstd19 = 0;
    while (in >> name >> zstd3 >> zstd19) known[name] = {zstd3, zstd19};
  }

  static std::uint64_t compressed(ZSTD_CCtx* context, std::string_view bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    return ZSTD_compress2(context, out.data(), out.size(), bytes.data(), bytes.size());
  }

  std::pair<std::uint64_t, std::uint64_t> of(const std::string& name, std::string_view bytes) {
    auto found = known.find(name);
    if (found != known.end()) return found->second;
    std::pair<std::uint64_t, std::uint64_t> sizes{0, 0};
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3);
    for (std::size_t at = 0; at < bytes.size(); at += codec::kLineBlockBytesMax) {
      sizes.first += compressed(context, bytes.substr(at, codec::kLineBlockBytesMax));
    }
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 19);
    ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
    sizes.second = compressed(context, bytes);
    ZSTD_freeCCtx(context);
    if (!path.empty()) std::ofstream(path, std::ios::app) << name << ' ' << sizes.first << ' ' << sizes.second << '\n';
    return known[name] = sizes;
  }
};

struct Totals {
  double raw = 0;
  double stored = 0;
  double zstd3 = 0;
  double zstd19 = 0;
  double encode_seconds = 0;
  double decode_seconds = 0;

  void add(const Totals& other) {
    raw += other.raw;
    stored += other.stored;
    zstd3 += other.zstd3;
    zstd19 += other.zstd19;
    encode_seconds += other.encode_seconds;
    decode_seconds += other.decode_seconds;
  }
  void print(const std::string& name) const {
    fmt::print("{:<24.24} {:>7.2f} {:>9.0f} {:>7.1f} {:>8.3f} {:>8.3f} {:>8.0f} {:>8.0f}\n", name, raw / 1e6, stored,
               raw / stored, stored / zstd3, stored / zstd19, raw / 1e6 / encode_seconds, raw / 1e6 / decode_seconds);
    std::fflush(stdout);
  }
};

struct Options {
  codec::LineEncoderLevel level = codec::LineEncoderLevel::kFlush;
  int rounds = 3;
  bool columns = false;
  bool encodings = false;
  bool memory = false;
  bool decode = true;
};

void decode_and_compare(const codec::EncodedLines& encoded, std::span<const Block> blocks) {
  auto table = codec::TemplateTable::parse(encoded.templates, "bench");
  CHECK_MSG(table.ok(), table.status().ToString().c_str());
  codec::DecodedLines decoded;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    auto block = codec::LineBlock::open(*table, encoded.blocks[i].directory, encoded.blocks[i].pages, "bench");
    CHECK_MSG(block.ok(), block.status().ToString().c_str());
    base::Status status = block->decode_all(decoded);
    CHECK_MSG(status.ok(), status.ToString().c_str());
    auto [found, wanted] = std::ranges::mismatch(decoded.lines, blocks[i]);
    if (found == decoded.lines.end() && wanted == blocks[i].end()) continue;
    auto differs = std::ranges::mismatch(*found, *wanted).in1 - found->begin();
    std::size_t from = static_cast<std::size_t>(differs) - std::min<std::size_t>(static_cast<std::size_t>(differs), 60);
    fmt::print("row {} of {}, byte {}:\nwanted {}\nfound  {}\n", found - decoded.lines.begin(), blocks[i].size(),
               differs, wanted->substr(from, 120), found->substr(from, 120));
    std::fflush(stdout);
    CHECK_MSG(false, "lines came back changed");
  }
}

double decode_seconds(const codec::EncodedLines& encoded, codec::DecodedLines& decoded) {
  double begin = cpu_seconds();
  auto table = codec::TemplateTable::parse(encoded.templates, "bench");
  for (const codec::EncodedBlock& bytes : encoded.blocks) {
    auto block = codec::LineBlock::open(*table, bytes.directory, bytes.pages, "bench");
    CHECK(block->decode_all(decoded).ok());
  }
  return cpu_seconds() - begin;
}

std::uint64_t stored_bytes(const codec::EncodedLines& encoded) {
  std::uint64_t total = encoded.templates.size();
  for (const codec::EncodedBlock& block : encoded.blocks) total += block.directory.size() + block.pages.size();
  return total;
}

constexpr std::string_view kEncodingNames[] = {"none",    "constant", "integers", "dictionary",
                                               "strings", "nested",   "times",    "repeats"};

// What each kind of column takes in all blocks; the stored bytes are a column's part of its pages.
void print_encodings(const std::vector<codec::EncodedLines>& groups) {
  struct Sum {
    std::uint64_t columns = 0;
    std::uint64_t values = 0;
    std::uint64_t raw = 0;
    std::uint64_t stored = 0;
  };
  std::array<Sum, std::size(kEncodingNames)> sums{};
  std::uint64_t templates = 0;
  std::uint64_t directories = 0;
  std::uint64_t pages = 0;
  for (const codec::EncodedLines& group : groups) {
    auto table = codec::TemplateTable::parse(group.templates, "bench");
    templates += group.templates.size();
    for (const codec::EncodedBlock& bytes : group.blocks) {
      directories += bytes.directory.size();
      pages += bytes.pages.size();
      auto block = codec::LineBlock::open(*table, bytes.directory, bytes.pages, "bench");
      CHECK(block.ok());
      for (std::uint32_t c = 0; c < (*table)->column_count(); ++c) {
        const codec::ColumnInfo& info = block->column_info(c);
        Sum& sum = sums[info.encoding];
        ++sum.columns;
        sum.values += info.count;
        sum.raw += info.raw_bytes;
        sum.stored += info.stored_bytes;
      }
    }
  }
  fmt::print("  templates {} directories {} pages {}\n", templates, directories, pages);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const Sum& sum = sums[i];
    fmt::print("  {:<10} columns {:>6} values {:>9} raw {:>10} stored {:>8}\n", kEncodingNames[i], sum.columns,
               sum.values, sum.raw, sum.stored);
  }
}

// The columns that take most raw bytes in pages, with an example each.
void print_columns(const codec::EncodedLines& encoded) {
  auto table = codec::TemplateTable::parse(encoded.templates, "bench");
  auto block = codec::LineBlock::open(*table, encoded.blocks[0].directory, encoded.blocks[0].pages, "bench");
  fmt::print("block 0: {} rows, templates {} B, directory {} B, pages {} B, {} templates, {} columns\n", block->rows(),
             encoded.templates.size(), encoded.blocks[0].directory.size(), encoded.blocks[0].pages.size(),
             (*table)->templates().size(), (*table)->column_count());
  std::vector<std::uint32_t> order;
  for (std::uint32_t c = 0; c < (*table)->column_count(); ++c) order.push_back(c);
  auto bytes = [&](std::uint32_t c) { return block->column_info(c).raw_bytes; };
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return bytes(a) > bytes(b); });
  for (std::uint32_t c : std::span(order).first(std::min<std::size_t>(order.size(), 25))) {
    const codec::ColumnInfo& info = block->column_info(c);
    std::string example;
    if (info.count != 0) CHECK(block->append_value(c, info.count / 2, example).ok());
    std::string_view before;
    for (const codec::Template& t : (*table)->templates()) {
      for (const codec::TemplatePiece& piece : t.pieces) {
        if (piece.column == c) before = piece.text;
      }
    }
    fmt::print("  column {:>4} encoding {} values {:>6} entries {:>5} raw {:>8} stored {:>7} {}<{}>\n", c,
               info.encoding, info.count, info.dictionary_entries, info.raw_bytes, info.stored_bytes,
               before.substr(before.size() - std::min<std::size_t>(before.size(), 20)), example.substr(0, 90));
  }
}

// Lines of the files, most of them changed: bytes flipped, put in, taken out, pieces repeated or taken from other
// lines, NUL, bytes that are no UTF-8, CRLF, and now and then a very long one.
class Mutator {
 public:
  Mutator(std::vector<std::string_view> lines, std::uint64_t seed) : lines_(std::move(lines)), random_(seed) {}

  std::string next() {
    // Mostly neighbours, as in a log.
    at_ = below(50) == 0 ? below(lines_.size()) : (at_ + 1) % lines_.size();
    std::string line(lines_[at_]);
    if (below(3) == 0) return line;
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) change(line);
    return line;
  }

 private:
  std::size_t below(std::size_t bound) { return random_.next() % bound; }
  void change(std::string& line) {
    std::size_t place = below(line.size() + 1);
    switch (below(10)) {
      case 0:
        if (place < line.size()) line[place] = static_cast<char>(line[place] ^ (1 << below(8)));
        return;
      case 1:
        line.insert(place, 1, static_cast<char>(random_.next()));
        return;
      case 2:
        line.erase(place, 1 + below(8));
        return;
      case 3:
        line.resize(place);
        return;
      case 4:
        line.insert(place, line.substr(below(line.size() + 1), below(64)));
        return;
      case 5:
        line.insert(place, lines_[below(lines_.size())].substr(0, below(200)));
        return;
      case 6:
        line.insert(place, 1 + below(3), '\0');
        return;
      case 7:
        line.insert(place, below(2) == 0 ? "\xc3\x28\xff" : "\r\n");
        return;
      case 8:
        line.insert(place, std::to_string(random_.next() >> below(64)));
        return;
      default:
        if (below(2'000) != 0) return;
        for (std::size_t bytes = below(3u << 20); line.size() < bytes;)
          line += line.empty() ? "x" : line.substr(0, 4'096);
    }
  }

  std::vector<std::string_view> lines_;
  base::SeededRandom random_;
  std::size_t at_ = 0;
};

void check_mutated(const std::vector<std::string>& files, const Options& options, std::uint64_t count,
                   std::uint64_t seed) {
  std::vector<std::string> texts;
  std::vector<std::string_view> lines;
  for (const std::string& file : files) texts.push_back(read_file(file));
  for (const std::string& text : texts) {
    std::vector<std::string_view> more = lines_of(text);
    lines.insert(lines.end(), more.begin(), more.end());
  }
  Mutator mutator(std::move(lines), seed);
  codec::LineEncoder encoder({.level = options.level});
  codec::EncodedLines encoded;
  double bytes = 0;
  double stored = 0;
  for (std::uint64_t done = 0; done < count;) {
    std::vector<std::string> mutated;
    std::size_t group = std::min<std::uint64_t>(count - done, 20'000 + done % 60'000);
    for (std::size_t i = 0; i < group; ++i) mutated.push_back(mutator.next());
    std::vector<std::string_view> views(mutated.begin(), mutated.end());
    std::vector<Block> blocks = blocks_of(views, codec::kLineBlockBytesMax);
    for (std::size_t i = 0; i < blocks.size(); i += 3) {
      std::span<const Block> some = std::span(blocks).subspan(i, std::min<std::size_t>(3, blocks.size() - i));
      encoder.encode_group(some, encoded);
      decode_and_compare(encoded, some);
      stored += static_cast<double>(stored_bytes(encoded));
    }
    for (std::string_view line : views) bytes += static_cast<double>(line.size());
    done += group;
  }
  fmt::print("{} lines with {:.0f} MB came back byte for byte ({:.0f} MB stored), seed {}\n", count, bytes / 1e6,
             stored / 1e6, seed);
}

Totals run(const std::string& path, const Options& options, std::uint64_t block_bytes, References& references) {
  std::string bytes = read_file(path);
  std::vector<std::string_view> lines = lines_of(bytes);
  std::vector<Block> blocks = blocks_of(lines, block_bytes);
  Totals totals;
  totals.raw = static_cast<double>(bytes.size());
  auto [zstd3, zstd19] = references.of(path.substr(path.rfind('/') + 1), bytes);
  totals.zstd3 = static_cast<double>(zstd3);
  totals.zstd19 = static_cast<double>(zstd19);
  codec::LineEncoder encoder({.level = options.level});
  std::vector<codec::EncodedLines> groups;
  std::size_t blocks_of_group = options.level == codec::LineEncoderLevel::kFlush ? 1 : 4;
  const double peak_before = peak_bytes();
  totals.encode_seconds = totals.decode_seconds = 1e9;
  for (int round = 0; round < options.rounds; ++round) {
    std::size_t group = 0;
    double begin = cpu_seconds();
    for (std::size_t i = 0; i < blocks.size(); i += blocks_of_group, ++group) {
      if (group == groups.size()) groups.emplace_back();
      encoder.encode_group(std::span(blocks).subspan(i, std::min(blocks_of_group, blocks.size() - i)), groups[group]);
    }
    totals.encode_seconds = std::min(totals.encode_seconds, cpu_seconds() - begin);
  }
  const double peak = peak_bytes() - peak_before;
  std::size_t first = 0;
  for (const codec::EncodedLines& group : groups) {
    totals.stored += static_cast<double>(stored_bytes(group));
    if (options.decode) decode_and_compare(group, std::span(blocks).subspan(first, group.blocks.size()));
    first += group.blocks.size();
  }
  codec::DecodedLines decoded;
  for (int round = 0; options.decode && round < options.rounds; ++round) {
    double seconds = 0;
    for (const codec::EncodedLines& group : groups) seconds += decode_seconds(group, decoded);
    totals.decode_seconds = std::min(totals.decode_seconds, seconds);
  }
  totals.print(path.substr(path.rfind('/') + 1));
  // What reading the file left unused of the peak is missing in it, so this is right to some MB.
  if (options.memory) fmt::print("  memory of the encoder: {:.1f} MB, output included\n", peak / 1e6);
  if (options.encodings) print_encodings(groups);
  if (options.columns) print_columns(groups[groups.size() / 2]);
  return totals;
}

int run_all(int argc, char** argv) {
  CLI::App app("codec_bench");
  std::string level = "flush";
  std::string reference;
  std::uint64_t block_mib = 8;
  std::uint64_t mutate = 0;
  std::uint64_t seed = 1;
  Options options;
  std::vector<std::string> files;
  app.add_option("--level", level);
  app.add_option("--rounds", options.rounds);
  app.add_option("--block-mib", block_mib);
  app.add_option("--reference", reference);
  app.add_flag("--columns", options.columns);
  app.add_flag("--encodings", options.encodings);
  app.add_flag("--memory", options.memory, "right for the first file only");
  app.add_flag("!--no-decode", options.decode);
  app.add_option("--mutate", mutate);
  app.add_option("--seed", seed);
  app.add_option("files", files)->required();
  CLI11_PARSE(app, argc, argv);
  if (level == "compaction") options.level = codec::LineEncoderLevel::kCompaction;
  if (mutate != 0) {
    check_mutated(files, options, mutate, seed);
    return 0;
  }
  References references(reference);
  fmt::print("{:<24} {:>7} {:>9} {:>7} {:>8} {:>8} {:>8} {:>8}\n", "file", "raw MB", "stored", "ratio", "/zstd3",
             "/zstd19", "enc MB/s", "dec MB/s");
  Totals mix;
  for (const std::string& file : files) mix.add(run(file, options, block_mib << 20, references));
  mix.print("the mix");
  return 0;
}

}  // namespace
}  // namespace cordwood

int main(int argc, char** argv) {
  return cordwood::run_all(argc, argv);
}
