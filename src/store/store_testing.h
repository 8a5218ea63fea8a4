// For the tests of this folder: a decoder of a trivial text protocol, senders of it, and a world in which a store
// lives, dies and is opened again over a simulated disk. Included by *_test.cc only.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/sim_executor.h"
#include "base/sync.h"
#include "catalog/mem/mem_catalog.h"
#include "io/sim_files.h"
#include "objectstore/local/local_store.h"
#include "objectstore/mem/mem_store.h"
#include "segment/mem_part.h"
#include "segment/reader.h"
#include "store/object_source.h"
#include "store/store.h"
#include "testing/life_executor.h"

namespace cordwood::store {

inline base::Hash128 test_hash(std::uint64_t n) {
  return base::hash128(std::to_string(n));
}

// Unnamed: one record a line, `STREAM TIME TEXT`. Named: first line `agent N EPOCH HOST`, then for each slice
// `slice GENERATION BEGIN END lost|kept` followed by its records `STREAM TIME OFFSET TEXT`. The hash before an offset
// is test_hash(offset). A body that starts with `bad` cannot be decoded.
class TestDecoder final : public core::BodyDecoder {
 public:
  base::StatusOr<core::RecordBatch> decode(const core::EncodedBody& body,
                                           const core::DecodeContext& context) const override {
    core::RecordBatch batch;
    auto text = body.bytes;
    batch.buffers.push_back(text);
    if (text->starts_with("bad")) return base::invalid_argument_error("bad body at offset 0");
    std::map<std::string, std::uint32_t> streams;
    std::uint32_t body_index = 0;
    std::size_t at = 0;
    bool named = false;
    std::string host;
    while (at < text->size()) {
      std::size_t end = text->find('\n', at);
      if (end == std::string::npos) end = text->size();
      std::string_view line = std::string_view(*text).substr(at, end - at);
      at = end + 1;
      const std::string word(take_word(line));
      if (word == "agent") {
        named = true;
        batch.agent.value = test_hash(take_number(line));
        batch.agent_epoch = take_number(line);
        host = line;
        continue;
      }
      if (word == "slice") {
        add_slice(batch, line, host);
        continue;
      }
      const auto [stream, is_new] = streams.try_emplace(word, batch.streams.size());
      if (is_new) {
        auto labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"job", word}});
        batch.streams.push_back({labels, labels->stream_id()});
      }
      core::Record record;
      record.stream = stream->second;
      record.time.value = static_cast<std::int64_t>(take_number(line));
      if (named) {
        record.offset = take_number(line);
        record.line_number = record.offset + 1;
      }
      record.line = line;
      const bool refused = context.refused != nullptr &&
                           std::binary_search(context.refused->begin(), context.refused->end(), body_index);
      ++body_index;
      if (refused) continue;
      batch.records.push_back(record);
      if (named) batch.slices.back().record_end = static_cast<std::uint32_t>(batch.records.size());
    }
    return batch;
  }

 private:
  static std::string_view take_word(std::string_view& line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    return word;
  }
  static std::uint64_t take_number(std::string_view& line) {
    const std::string_view word = take_word(line);
    std::uint64_t value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
  }
  static void add_slice(core::RecordBatch& batch, std::string_view line, const std::string& host) {
    core::SourceInfo source;
    source.id.host = host;
    source.id.generation.value = test_hash(1'000'000 + take_number(line));
    source.path = "/var/log/test";
    source.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"job", "named"}});
    source.base = {0, test_hash(0)};
    core::Slice slice;
    slice.source = static_cast<std::uint32_t>(batch.sources.size());
    slice.begin.offset = take_number(line);
    slice.begin.hash = test_hash(slice.begin.offset);
    slice.end.offset = take_number(line);
    slice.end.hash = test_hash(slice.end.offset);
    slice.lost = line == "lost";
    slice.record_begin = slice.record_end = static_cast<std::uint32_t>(batch.records.size());
    batch.sources.push_back(source);
    batch.slices.push_back(slice);
  }
};

// `JOB` or `JOB TEXT`: streams with this job, lines that contain the text.
class TestSelectors final : public core::SelectorCompiler {
 public:
  base::StatusOr<std::shared_ptr<const core::RecordSelector>> compile(std::string_view query) const override {
    if (query.empty()) return base::invalid_argument_error("no selector");
    const std::size_t space = std::min(query.find(' '), query.size());
    return std::make_shared<const Selector>(std::string(query.substr(0, space)),
                                            std::string(query.substr(std::min(space + 1, query.size()))));
  }

 private:
  class Selector final : public core::RecordSelector {
   public:
    Selector(std::string job, std::string text) : job_(std::move(job)), text_(std::move(text)) {}
    bool matches(const core::Labels& stream) const override { return stream.get("job") == job_; }
    bool picks_whole_streams() const override { return text_.empty(); }
    std::unique_ptr<core::StreamPicker> picker(const core::Labels&) const override {
      return std::make_unique<Picker>(text_);
    }

   private:
    class Picker final : public core::StreamPicker {
     public:
      explicit Picker(const std::string& text) : text_(text) {}
      bool picks(core::UnixNanos, std::string_view line, std::span<const core::MetadataPair>) override {
        return line.find(text_) != std::string_view::npos;
      }

     private:
      const std::string& text_;
    };
    const std::string job_;
    const std::string text_;
  };
};

class World {
 public:
  static constexpr std::int64_t kStart = 1'790'000'000'000'000'000;

  explicit World(std::uint64_t seed = 1) : seed_(seed), random(seed) {
    executor.start_life(++seed_, {kStart});
    catalog = catalog::make_mem_catalog(executor, random);
    objects = std::make_unique<objectstore::MemStore>(executor);
    options.data_directory = "/data";
    options.free_space_reserve_bytes = 0;
    options.disk_budget_bytes = 1 << 30;
    options.journal_file_bytes = 1 << 20;
    catalog_in_use = catalog.get();
    objects_in_use = objects.get();
    objects_read = objects.get();
  }
  ~World() {
    files.set_fault_hook({});  // it may refer to what the test has destroyed already
    if (store == nullptr) return;
    EXPECT_TRUE(close().ok());
  }

  template <typename T>
  T run(base::Task<T> task) {
    return base::sync_wait(executor, std::move(task));
  }

  base::Status try_open() {
    if (objects_on_disk) {
      auto local = run(objectstore::open_local_store(files, "/data/objects", executor, random));
      if (!local.ok()) return local.status();
      testing::bury(std::shared_ptr<objectstore::ObjectStore>(std::move(objects)));
      objects = *std::move(local);
      objects_in_use = objects_read = objects.get();
    }
    metrics.push_back(std::make_unique<base::MetricsRegistry>());
    StoreDependencies deps{
        &executor, &files, &random, catalog_in_use, objects_in_use, &decoder, metrics.back().get(), {}, &selectors};
    auto opened = run(Store::open(options, deps));
    if (!opened.ok()) return opened.status();
    store = *std::move(opened);
    return base::ok_status();
  }
  void open() {
    const base::Status status = try_open();
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  base::Status close() {
    base::Status status = run(store->close());
    store.reset();
    return status;
  }
  // The process dies: nothing of it runs any more. Memory of the dead is kept, because destroying a suspended store is
  // not something the product can do either.
  void abandon() {
    testing::bury(std::shared_ptr<Store>(std::move(store)));
    executor.start_life(++seed_, {kStart});
  }
  void crash() {
    files.crash(++seed_);
    abandon();
  }
  void kill() {
    files.kill();
    abandon();
  }

  core::AppendRequest request(std::string text, std::vector<std::uint32_t> refused = {}) {
    core::AppendRequest out;
    out.tenant = core::TenantId::default_tenant();
    out.body.protocol = text.starts_with("agent") ? core::Protocol::kNative : core::Protocol::kLokiJson;
    out.body.bytes = std::make_shared<const std::string>(std::move(text));
    out.arrival = executor.clock().now();
    out.refused = std::move(refused);
    const core::DecodeContext context{out.arrival, &out.refused};
    out.batch = *decoder.decode(out.body, context);
    return out;
  }
  base::StatusOr<core::AppendResult> append(std::string text) { return run(store->append(request(std::move(text)))); }
  core::HelloAnswer hello(std::uint64_t agent, std::uint64_t saved, std::uint64_t nonce) {
    core::AgentHello hello{core::TenantId::default_tenant(), "web-1", {test_hash(agent)}, saved, test_hash(nonce)};
    auto answer = run(store->hello(hello));
    EXPECT_TRUE(answer.ok()) << answer.status().ToString();
    return answer.ok() ? *answer : core::HelloAnswer{};
  }

  // Everything one snapshot has, sorted.
  base::Task<base::StatusOr<std::vector<segment::MemRow>>> read(core::TenantId tenant, core::TimeRange range) {
    base::StatusOr<StoreSnapshot> snapshot = co_await store->snapshot(tenant, range);
    if (!snapshot.ok()) co_return snapshot.status();
    co_return co_await read_snapshot(*std::move(snapshot));
  }
  base::Task<base::StatusOr<std::vector<segment::MemRow>>> read_snapshot(StoreSnapshot snapshot) {
    std::vector<segment::MemRow> out;
    std::vector<std::shared_ptr<const segment::Part>> parts = snapshot.heads;
    for (const catalog::PartRow& row : snapshot.segments) {
      std::shared_ptr<segment::ByteSource> source =
          std::make_shared<ObjectSource>(*objects_read, row.object_key, row.stored_bytes);
      auto part = co_await segment::open_segment(std::move(source));
      if (!part.ok()) co_return part.status();
      const auto deletions = snapshot.filters.find(row.object_key);
      parts.push_back(deletions == snapshot.filters.end() ? *part : filter_part(*part, deletions->second));
    }
    for (const auto& part : parts) {
      std::shared_ptr<const segment::Part> copy = part;
      auto rows = co_await segment::read_all_rows(std::move(copy));
      if (!rows.ok()) co_return rows.status();
      for (segment::MemRow& row : *rows) out.push_back(std::move(row));
    }
    segment::sort_rows(out);
    co_return out;
  }
  std::vector<segment::MemRow> rows() {
    auto rows = run(read(core::TenantId::default_tenant(), {}));
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    return rows.ok() ? *rows : std::vector<segment::MemRow>{};
  }
  std::vector<std::string> lines() {
    std::vector<std::string> out;
    for (const segment::MemRow& row : rows()) out.push_back(row.line);
    std::sort(out.begin(), out.end());
    return out;
  }
  core::StoreStatus status() { return *run(store->status()); }
  std::vector<std::string> journal_files() { return *files.list("/data/journal"); }

 private:
  std::uint64_t seed_;

 public:
  testing::LifeExecutor executor;
  base::SeededRandom random;
  io::SimFiles files;
  TestDecoder decoder;
  TestSelectors selectors;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<objectstore::ObjectStore> objects;
  catalog::Catalog* catalog_in_use = nullptr;  // a test may put a failing one in front
  objectstore::ObjectStore* objects_in_use = nullptr;
  bool objects_on_disk = false;                      // in /data/objects of `files`, opened anew in each life
  objectstore::ObjectStore* objects_read = nullptr;  // what the test itself reads from
  std::vector<std::unique_ptr<base::MetricsRegistry>> metrics;
  StoreOptions options;
  std::unique_ptr<Store> store;
};

inline std::string line_at(std::string_view stream, std::int64_t seconds, std::string_view text) {
  return fmt::format("{} {} {}\n", stream, World::kStart + seconds * 1'000'000'000, text);
}
// One slice [begin, end) of agent 1 in `epoch`, with one record whose text is `text`.
inline std::string slice_of(std::uint64_t generation, std::uint64_t begin, std::uint64_t end, std::string_view text,
                            std::uint64_t epoch = 1) {
  return fmt::format("agent 1 {} web-1\nslice {} {} {} kept\nnamed {} {} {}\n", epoch, generation, begin, end,
                     World::kStart, begin, text);
}

}  // namespace cordwood::store
