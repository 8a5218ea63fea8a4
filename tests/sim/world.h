// World: one server and what it stands on. The disk, the catalog, the object store and time outlive the server, which
// lives, dies and is started again; every part of it is the product's own, only sockets are left out.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "api/api.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/sync.h"
#include "catalog/catalog.h"
#include "core/query_runner.h"
#include "ingest/decoder.h"
#include "io/sim_files.h"
#include "objectstore/object_store.h"
#include "pipeline/log_selector.h"
#include "sim/broken.h"
#include "store/store.h"
#include "testing/fault.h"
#include "testing/life_executor.h"

namespace cordwood::app {
class StoreParts;
}
namespace cordwood::query {
class SegmentCache;
}

namespace cordwood::sim {

inline constexpr std::int64_t kStart = 1'790'000'000'000'000'000;

// A server process. Built in the order of its members.
struct Life {
  base::MetricsRegistry metrics;
  std::unique_ptr<ingest::Decoder> decoder;
  std::unique_ptr<objectstore::ObjectStore> objects;
  std::unique_ptr<catalog::Catalog> stored_catalog;  // on the simulated disk, if there
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<query::SegmentCache> segments;
  std::unique_ptr<app::StoreParts> parts;
  std::unique_ptr<base::MemoryBudget> memory;
  std::unique_ptr<core::QueryRunner> queries;
  std::unique_ptr<api::Api> api;
};

class World {
 public:
  World(std::uint64_t seed, Breakage breakage);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // --- the process ---
  base::Status try_open();
  base::Status open();  // until it works, or for ever did not
  void crash();         // the power is cut
  void kill();          // kill -9
  void close();         // SIGTERM
  bool is_up() const { return life_ != nullptr; }
  Life& life() { return *life_; }

  // --- the network ---
  struct Answer {
    unsigned status = 0;
    std::string body;
  };
  // A POST. Requests and answers get lost, come late and come twice; nullopt: the sender has heard nothing in time. The
  // request may still be executed then.
  base::Task<std::optional<Answer>> post(std::string path, std::string body, std::string content_type,
                                         std::string content_encoding);

  // --- chance and time ---
  std::uint64_t below(std::uint64_t bound) { return dice_() % bound; }
  bool chance(double probability) { return static_cast<double>(dice_() >> 11) * 0x1.0p-53 < probability; }
  base::nanoseconds up_to_ms(std::uint64_t bound) { return std::chrono::milliseconds(below(bound + 1)); }
  base::UnixNanos now() { return executor.clock().now(); }
  template <typename T>
  T run(base::Task<T> task) {
    return base::sync_wait(executor, std::move(task));
  }
  void run_for(base::nanoseconds span) { executor.now->run_for(span); }

  // No fault of disk, network, catalog or object store from now on.
  void heal();
  // Of streams with tier="b"; 0: for ever.
  base::nanoseconds keep_tier_b{0};
  std::int64_t may_expire(bool tier_b, std::int64_t time) const;
  // Senders and readers pause between the two, and await_noise() ends when they may go on.
  void begin_quiet() { noise_->reset(); }
  void end_quiet() { noise_->set(); }
  base::Task<void> await_noise();
  testing::LifeExecutor executor;
  io::SimFiles files;
  store::StoreOptions options;
  testing::FaultRates object_faults;
  testing::FaultRates catalog_faults;
  double network_faults = 0;
  // All objects there are, live or not.
  base::StatusOr<std::vector<std::string>> object_keys();

 private:
  struct Exchange;
  base::Task<void> deliver(std::shared_ptr<Exchange> exchange, base::nanoseconds before, base::nanoseconds after,
                           bool answer_is_lost);
  base::Status open_parts(Life& life);
  void bury_life();

  void start_life();

  std::mt19937_64 dice_;
  std::uint64_t seed_;
  base::SeededRandom random_;        // the product's
  base::SeededRandom fault_random_;  // of catalog and object store
  const pipeline::LogSelectorCompiler selectors_;
  const bool objects_on_disk_;
  const bool catalog_on_disk_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<objectstore::ObjectStore> mem_objects_;
  std::unique_ptr<io::FileSystem> broken_files_;
  std::unique_ptr<catalog::Catalog> broken_catalog_;
  std::unique_ptr<Life> life_;
  std::shared_ptr<base::Event> noise_;  // another for each life: nothing may wake the dead
};

}  // namespace cordwood::sim
