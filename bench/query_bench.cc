// Runs queries over files encoded as segments in memory, without a server: the engine's own figures.
//
//   query_bench [--rounds 3] [--threads 1] [--cold] [--remember] [--simdjson] [--query LOGQL]... FILE...
//
// One stream a file, `{file=..., host="bench", job=...}` with the file's name as job; line i of a file with n lines is
// at T + i * 3600 s / n; a segment for every 64 MiB. Prints for each query milliseconds (best round), MB of raw text of
// selected streams per second, and lines matched. Without --cold, blocks stay decoded in the cache after the first
// round, so that what is measured is the engine; with it, each round reads and decompresses. With --remember the
// engine keeps what blocks gave and which rows passed, as a server does; without it, each round works it out again.
//
// --simdjson: a filter on a field and a group by another, per minute, against the plain way: put every line together
// and parse it with simdjson.
#include <fmt/format.h>
#include <time.h>

#include <simdjson.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/thread_executor.h"
#include "objectstore/mem/mem_store.h"
#include "query/part_provider.h"
#include "query/query_engine.h"
#include "query/segment_cache.h"
#include "segment/writer.h"

namespace cordwood {
namespace {

constexpr std::int64_t kHour = 3'600'000'000'000;
constexpr std::int64_t kBegin = 1'790'000'000'000'000'000 / kHour * kHour;
constexpr std::uint64_t kSegmentBytes = 64 << 20;

const std::vector<std::string> kDefaultQueries = {
    R"(sum(count_over_time({job=~".+"}[1m])))",
    R"({job=~".+"})",
    R"({job=~".+"} |= "xyzzy-no-such-thing")",
    R"(sum(count_over_time({job=~".+"} |= "INFO" [1m])))",
    R"(sum by (job) (count_over_time({job=~".+"} |= "error" != "INFO" [1m])))",
    R"(sum(count_over_time({job=~".+"} |~ "Pause Young .* [0-9.]+ms" [1m])))",
    R"(sum(count_over_time({job=~".+"} |~ "(?i)exception" [1m])))",
    R"(sum(bytes_over_time({job=~".+"}[1m])))",
    R"(sum(count_over_time({job="dns.json"} | json | rtt > 0.1 [1m])))",
    R"(topk(5, sum by (qtype_name) (count_over_time({job="dns.json"} | json [1m]))))",
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK_MSG(file.good(), path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

// Keeps the catalog's rows of what was stored.
class Segments final : public query::PartProvider {
 public:
  Segments(base::Executor& executor, std::size_t cache_bytes)
      : executor_(executor), store_(executor), cache_(executor, store_, {256 << 20, cache_bytes}) {}

  void add_file(const std::string& path) {
    const std::string bytes = read_file(path);
    const std::string name = path.substr(path.rfind('/') + 1);
    std::vector<core::Label> pairs{{"file", name}, {"host", "bench"}, {"job", name}};
    const auto labels = std::make_shared<const core::Labels>(std::move(pairs));
    const auto lines = static_cast<std::int64_t>(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
    std::size_t begin = 0;
    std::int64_t line = 0;
    while (begin < bytes.size()) {
      auto object = std::make_shared<std::string>();
      segment::StringSink sink(*object);
      segment::SegmentWriter writer(sink, {});
      writer.begin_stream(labels);
      for (; begin < bytes.size() && writer.raw_bytes() < kSegmentBytes; ++line) {
        const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
        segment::SegmentRow row;
        row.time.value = kBegin + static_cast<std::int64_t>(static_cast<__int128>(line) * kHour / lines);
        row.line = std::string_view(bytes).substr(begin, end - begin);
        row.source = {{base::hash128(name)}, true};
        row.offset = begin;
        row.line_number = static_cast<std::uint64_t>(line) + 1;
        writer.add(row);
        begin = end + 1;
      }
      CHECK(writer.finish().ok());
      catalog::PartRow part;
      part.object_key = fmt::format("{}-{}", name, rows_.size());
      part.stored_bytes = object->size();
      CHECK(base::sync_wait(executor_, store_.put(part.object_key, object)).ok());
      rows_.push_back(part);
    }
  }
  base::Task<base::StatusOr<query::PartSet>> parts(core::TenantId, core::TimeRange) override {
    return cache_.open_all(rows_);
  }

 private:
  base::Executor& executor_;
  objectstore::MemStore store_;
  query::SegmentCache cache_;
  std::vector<catalog::PartRow> rows_;
};

double now_ms(base::Executor& executor) {
  return static_cast<double>(executor.clock().monotonic().value) / 1e6;
}

void measure(base::Executor& executor, core::QueryRunner& engine, const std::string& query, int rounds) {
  double best = 1e100;
  core::QueryStats stats;
  for (int round = 0; round < rounds; ++round) {
    core::QueryRequest request;
    request.query = query;
    request.start = {kBegin};
    request.end = {kBegin + kHour};
    request.step = std::chrono::minutes(1);
    const double begin = now_ms(executor);
    const auto result = base::sync_wait(executor, engine.run(std::move(request)));
    best = std::min(best, now_ms(executor) - begin);
    if (!result.ok()) {
      fmt::print("{:>9}  {}: {}\n", "-", query, base::message_of(result.status()));
      return;
    }
    stats = result->stats;
  }
  fmt::print("{:9.2f} ms {:9.0f} MB/s {:8.1f} Mlines/s {:9} of {:9} lines  {}\n", best,
             static_cast<double>(stats.bytes_processed) / best / 1e3,
             static_cast<double>(stats.lines_processed) / best / 1e3, stats.lines_matched, stats.lines_processed,
             query);
}

// Lines of {job="dns.json"} whose rtt is above 0.1, by minute and qtype_name.
std::uint64_t count_with_simdjson(base::Executor& executor, Segments& segments) {
  const auto parts = base::sync_wait(executor, segments.parts({}, {{kBegin}, {kBegin + kHour}}));
  CHECK(parts.ok());
  simdjson::ondemand::parser parser;
  std::map<std::pair<std::int64_t, std::string>, std::uint64_t> counts;
  std::string line;
  for (const auto& part : parts->parts) {
    for (std::size_t block = 0; block < part->blocks().size(); ++block) {
      const auto rows = base::sync_wait(executor, part->read_block(block, {.positions = false, .metadata = false}));
      CHECK(rows.ok());
      for (std::size_t row = 0; row < (*rows)->size(); ++row) {
        line.assign((*rows)->lines[row]);
        line.reserve(line.size() + simdjson::SIMDJSON_PADDING);
        simdjson::ondemand::document document;
        if (parser.iterate(line).get(document) != simdjson::SUCCESS) continue;
        double rtt = 0;
        std::string_view type;
        if (document["rtt"].get_double().get(rtt) != simdjson::SUCCESS || rtt <= 0.1) continue;
        if (document["qtype_name"].get_string().get(type) != simdjson::SUCCESS) type = {};
        ++counts[{(*rows)->times[row].value / 60'000'000'000, std::string(type)}];
      }
    }
  }
  std::uint64_t total = 0;
  for (const auto& [key, count] : counts) total += count;
  return total;
}

void measure_simdjson(base::Executor& executor, const std::vector<std::string>& files, int rounds) {
  // Nothing is kept: lines are put together in each round.
  Segments segments(executor, 0);
  for (const std::string& file : files) {
    if (file.ends_with("dns.json")) segments.add_file(file);
  }
  double best = 1e100;
  std::uint64_t total = 0;
  for (int round = 0; round < rounds; ++round) {
    const double begin = now_ms(executor);
    total = count_with_simdjson(executor, segments);
    best = std::min(best, now_ms(executor) - begin);
  }
  fmt::print("{:9.2f} ms {} lines counted  every line of dns.json put together and parsed with simdjson, one thread\n",
             best, total);
}

int run(int argc, char** argv) {
  int rounds = 3;
  std::size_t threads = 1;
  bool cold = false;
  bool remember = false;
  bool simdjson = false;
  std::vector<std::string> queries;
  std::vector<std::string> files;
  CLI::App app("queries over segments in memory");
  app.add_option("--rounds", rounds);
  app.add_option("--threads", threads);
  app.add_flag("--cold", cold);
  app.add_flag("--remember", remember);
  app.add_flag("--simdjson", simdjson);
  app.add_option("--query", queries)->allow_extra_args(false);
  app.add_option("files", files)->required();
  CLI11_PARSE(app, argc, argv);
  base::ThreadExecutor executor({.threads = threads});
  base::MemoryBudget memory("bench", std::size_t{4} << 30);
  Segments segments(executor, cold ? 0 : std::size_t{4} << 30);
  for (const std::string& file : files) segments.add_file(file);
  query::EngineOptions options;
  if (!remember) options.result_bytes_max = options.selection_bytes_max = 0;
  options.parallelism = threads;
  const auto engine = query::make_query_engine(executor, segments, memory, options);
  if (simdjson) {
    measure_simdjson(executor, files, rounds);
    queries = {R"(sum by (qtype_name) (count_over_time({job="dns.json"} | json | rtt > 0.1 [1m])))"};
  }
  for (const std::string& query : queries.empty() ? kDefaultQueries : queries) {
    measure(executor, *engine, query, rounds);
  }
  return 0;
}

}  // namespace
}  // namespace cordwood

int main(int argc, char** argv) {
  return cordwood::run(argc, argv);
}
