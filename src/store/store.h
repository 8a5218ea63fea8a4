// Store: the journal, the head, flush, compaction and recovery of one node, behind core's interfaces. README.md says
// which file does what; docs/formats/journal.md is the journal's format.
//
// What it promises: append() ends with success only when the records and the moved marks are durable; they are found by
// every snapshot() taken after that, each record in exactly one part of it; a slice or body that was stored is never
// stored twice. Tests: store_test.cc, crash_test.cc, snapshot_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/status.h"
#include "base/task.h"
#include "catalog/catalog.h"
#include "core/limits.h"
#include "core/record_sink.h"
#include "core/store_admin.h"
#include "core/time_range.h"
#include "io/file.h"
#include "objectstore/object_store.h"
#include "segment/part.h"

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
};

// What one query reads. Each record stored before the snapshot was taken is in exactly one of the parts; the objects of
// `segments` exist for `snapshot_life` from then on.
struct StoreSnapshot {
  std::vector<catalog::PartRow> segments;                   // overlapping the range, newest (times.last) first
  std::vector<std::shared_ptr<const segment::Part>> heads;  // overlapping the range, in no order
  std::uint64_t committed_through = 0;                      // journal sequence: all of it is in the parts
};

// A byte range of a source that an agent reported as gone.
struct LostRange {
  core::SourceId source;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  core::UnixNanos reported;
};

// Thread-safe. close() must have ended before it is destroyed.
class Store final : public core::RecordSink, public core::SourceRegistry, public core::StoreAdmin {
 public:
  // Replays the journal and starts the background loops. DataLoss only when nothing can be served; damage in the middle
  // of the journal is logged, counted and left aside.
  static base::Task<base::StatusOr<std::unique_ptr<Store>>> open(StoreOptions options, StoreDependencies dependencies);
  ~Store() override;

  // FailedPrecondition "epoch ..." when the agent's epoch is not the current one (409), Unavailable or
  // ResourceExhausted when nothing can be made durable now (503).
  base::Task<base::StatusOr<core::AppendResult>> append(core::AppendRequest request) override;

  base::Task<base::StatusOr<core::HelloAnswer>> hello(core::AgentHello hello) override;
  base::Task<base::StatusOr<std::vector<core::SourceState>>> sources(core::TenantId tenant, std::string host,
                                                                     std::vector<core::GenerationId> only) override;

  base::Task<base::Status> flush() override;
  base::Task<base::Status> compact() override;
  base::Task<base::StatusOr<core::StoreStatus>> status() override;

  base::Task<base::StatusOr<StoreSnapshot>> snapshot(core::TenantId tenant, core::TimeRange range);
  // The newest lost ranges (a bounded number of them), oldest first.
  std::vector<LostRange> lost_ranges() const;

  // Refuses new work, waits for what is running, flushes, and stops the loops. The status is the flush's: when it fails
  // nothing is lost, the next open() replays. May be awaited once.
  base::Task<base::Status> close();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cordwood::store
