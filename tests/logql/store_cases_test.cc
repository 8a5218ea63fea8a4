// The conformance rows of queries against a store: from the head, after the process was killed, from segments, after a
// restart, and from compacted segments. Each row is a tenant of one store, so that the store lives through all of it
// once.
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <map>
#include <memory>
#include <ranges>
#include <string>
#include <vector>

#include "app/store_parts.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/random.h"
#include "catalog/mem/mem_catalog.h"
#include "io/sim_files.h"
#include "logql/case_reader.h"
#include "logql/query_case.h"
#include "objectstore/mem/mem_store.h"
#include "pipeline/log_selector.h"
#include "query/query_engine.h"
#include "query/segment_cache.h"
#include "store/store.h"
#include "testing/life_executor.h"
#include "testing/passing_store.h"

namespace cordwood::logql_cases {
namespace {

void must(const base::Status& status) {
  if (status.ok()) return;
  fmt::print("{}\n", base::message_of(status));
  std::abort();
}

// The rows of each conformance row under its number, which is the body: ingest's decoders would add service_name.
class NumberedBatches final : public core::BodyDecoder {
 public:
  std::string add(std::vector<segment::MemRow> rows) {
    rows_.push_back(std::move(rows));
    return fmt::format("{}", rows_.size() - 1);
  }
  core::RecordBatch batch(std::string_view number) const {
    std::size_t index = 0;
    std::from_chars(number.data(), number.data() + number.size(), index);
    core::RecordBatch batch;
    std::map<core::Labels, std::uint32_t> streams;
    for (const segment::MemRow& row : rows_.at(index)) {
      const auto [stream, is_new] = streams.emplace(*row.labels, static_cast<std::uint32_t>(streams.size()));
      if (is_new) batch.streams.push_back({row.labels, row.labels->stream_id()});
      core::Record record;
      record.time = row.time;
      record.line = row.line;
      record.stream = stream->second;
      record.metadata_begin = static_cast<std::uint32_t>(batch.metadata.size());
      record.metadata_count = static_cast<std::uint32_t>(row.metadata.size());
      for (const core::Label& pair : row.metadata) batch.metadata.push_back({pair.name, pair.value});
      batch.records.push_back(record);
    }
    return batch;
  }
  base::StatusOr<core::RecordBatch> decode(const core::EncodedBody& body,
                                           const core::DecodeContext& context) const override {
    core::RecordBatch all = batch(*body.bytes);
    if (context.refused == nullptr) return all;
    for (const std::uint32_t index : *context.refused | std::views::reverse)
      all.records.erase(all.records.begin() + index);
    return all;
  }

 private:
  std::vector<std::vector<segment::MemRow>> rows_;
};

// A server process without sockets.
struct Life {
  base::MetricsRegistry metrics;
  std::unique_ptr<objectstore::ObjectStore> objects;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<query::SegmentCache> segments;
  std::unique_ptr<app::StoreParts> parts;
  std::unique_ptr<base::MemoryBudget> memory;
  std::unique_ptr<core::QueryRunner> queries;
};

class StoreWorld {
 public:
  StoreWorld() {
    executor_.start_life(1, {1'790'000'000'000'000'000});
    catalog_ = catalog::make_mem_catalog(executor_, random_);
    objects_ = std::make_unique<objectstore::MemStore>(executor_);
    options_.data_directory = "/data";
    options_.free_space_reserve_bytes = 0;
    open();
  }
  void open() {
    life_ = std::make_unique<Life>();
    life_->objects = std::make_unique<testing::PassingStore>(*objects_);
    store::StoreDependencies dependencies{&executor_,           &files_,   &random_,        catalog_.get(),
                                          life_->objects.get(), &batches_, &life_->metrics, core::Limits(),
                                          &selectors_};
    auto store = run(store::Store::open(options_, dependencies));
    must(store.status());
    life_->store = *std::move(store);
    life_->segments = std::make_unique<query::SegmentCache>(executor_, *life_->objects);
    life_->parts = std::make_unique<app::StoreParts>(*life_->store, *life_->segments);
    life_->memory = std::make_unique<base::MemoryBudget>("all queries", 1 << 30);
    life_->queries = query::make_query_engine(executor_, *life_->parts, *life_->memory, {});
  }
  void kill() {
    files_.kill();
    bury();
  }
  void close() {
    must(run(life_->store->close()));
    bury();
  }
  void append(const core::TenantId& tenant, std::vector<segment::MemRow> rows) {
    core::AppendRequest request;
    request.tenant = tenant;
    request.body = {core::Protocol::kLokiJson, core::ContentEncoding::kIdentity, 1,
                    std::make_shared<const std::string>(batches_.add(std::move(rows)))};
    request.arrival = executor_.clock().now();
    request.batch = batches_.batch(*request.body.bytes);
    must(run(life_->store->append(std::move(request))).status());
  }
  Life& life() { return *life_; }
  template <typename T>
  T run(base::Task<T> task) {
    return base::sync_wait(executor_, std::move(task));
  }

 private:
  void bury() {
    testing::bury(std::shared_ptr<Life>(std::move(life_)));
    executor_.start_life(2, {});
  }

  testing::LifeExecutor executor_;
  base::SeededRandom random_{1};
  io::SimFiles files_;
  NumberedBatches batches_;
  const pipeline::LogSelectorCompiler selectors_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<objectstore::ObjectStore> objects_;
  store::StoreOptions options_;
  std::unique_ptr<Life> life_;
};

core::TenantId tenant_of(const Row& row) {
  return {std::string(row.id())};
}

int run_suite(int argc, char** argv, const Check& check) {
  CaseSuite suite;
  suite.add("metric_query", check);
  suite.add("log_query", check);
  return suite.run(argc, argv);
}

int run_all(int argc, char** argv) {
  StoreWorld world;
  const Check push = [&world](const Row& row) {
    world.append(tenant_of(row), read_rows(row));
    return std::string();
  };
  const Check ask = [&world](const Row& row) {
    core::QueryRequest request = make_request(row);
    request.tenant = tenant_of(row);
    const auto result = world.run(world.life().queries->run(request));
    const std::string difference = compare_result(row.at("expect"), result, request);
    return difference.empty() ? "" : fmt::format("{}: {}", row.query(), difference);
  };
  struct Phase {
    const char* name;
    std::function<void()> enter;
  };
  const Phase phases[] = {
      {"from the head", [] {}},
      {"after a kill",
       [&world] {
         world.kill();
         world.open();
       }},
      {"from segments", [&world] { must(world.run(world.life().store->flush())); }},
      {"from what was remembered", [] {}},
      {"after a restart",
       [&world] {
         world.close();
         world.open();
       }},
      {"compacted", [&world] { must(world.run(world.life().store->compact())); }},
  };
  if (const int pushed = run_suite(argc, argv, push); pushed != 0) return pushed;
  int worst = 0;
  for (const Phase& phase : phases) {
    fmt::print("--- {}\n", phase.name);
    phase.enter();
    worst = std::max(worst, run_suite(argc, argv, ask));
  }
  world.close();
  return worst;
}

}  // namespace
}  // namespace cordwood::logql_cases

int main(int argc, char** argv) {
  return cordwood::logql_cases::run_all(argc, argv);
}
