// What a store is opened with.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/executor.h"
#include "base/metrics.h"
#include "base/random.h"
#include "catalog/catalog.h"
#include "core/limits.h"
#include "core/record_selector.h"
#include "core/record_sink.h"
#include "io/file.h"
#include "objectstore/object_store.h"

namespace cordwood::store {

struct StoreOptions {
  // The journal is kept in DATA/journal. The caller holds the lock on DATA; the store takes none.
  std::string data_directory;
  // Names the journal in the catalog. It may change only when the journal is empty.
  std::string node = "local";

  std::uint64_t journal_file_bytes = 64 << 20;
  // A flush starts when the head (memory of all rows not yet being flushed) has grown to this, or when its oldest row
  // has this age. Rows are searchable from the head, so the age only bounds the replay after a crash.
  std::uint64_t head_flush_bytes = 64 << 20;
  base::nanoseconds head_flush_age = std::chrono::minutes(5);
  // Memory of the head including what is being flushed and what is on its way into the journal. append() waits, at most
  // for `append_wait_max`, when it is reached.
  std::uint64_t head_bytes_max = 160 << 20;
  base::nanoseconds append_wait_max = std::chrono::seconds(20);

  // Unnamed bodies: a repeat within this time is acknowledged and not stored.
  base::nanoseconds dedup_window = std::chrono::minutes(30);
  // Objects of parts that were replaced stay this long, for queries that began before.
  base::nanoseconds snapshot_life = std::chrono::minutes(15);
  // Objects that no catalog row names are deleted when they are still unknown after this time.
  base::nanoseconds orphan_grace = std::chrono::hours(1);

  // append() is refused with ResourceExhausted while less space than this is free.
  std::uint64_t free_space_reserve_bytes = 256 << 20;
  // Bytes of our own objects; 0 = 80 % of the space free at the first start, kept in DATA/disk_budget.
  std::uint64_t disk_budget_bytes = 0;

  bool background_compaction = true;
  std::uint64_t compact_raw_bytes_max = 1 << 30;      // of one output segment
  std::uint64_t compact_stored_bytes_max = 96 << 20;  // of its inputs: the output is built in memory
};

// All outlive the store.
struct StoreDependencies {
  base::Executor* executor = nullptr;
  io::FileSystem* files = nullptr;
  base::Random* random = nullptr;
  catalog::Catalog* catalog = nullptr;
  objectstore::ObjectStore* objects = nullptr;
  const core::BodyDecoder* decoder = nullptr;
  base::MetricsRegistry* metrics = nullptr;
  core::Limits limits;
  // For deletion and retention by selector; without one both are answered Unimplemented.
  const core::SelectorCompiler* selectors = nullptr;
};

}  // namespace cordwood::store
