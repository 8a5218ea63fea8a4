// Store: the journal, the head, flush, compaction and recovery of one node, behind core's interfaces. README.md says
// which file does what; docs/formats/journal.md is the journal's format.
//
// What it promises: append() ends with success only when the records and the moved marks are durable; they are found by
// every snapshot() taken after that, each record in exactly one part of it; a slice or body that was stored is never
// stored twice. Tests: store_test.cc, crash_test.cc, snapshot_test.cc.
#pragma once

#include <cstdint>
#include <map>
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
#include "store/deletions/filtered_part.h"
#include "store/marks/lost_range.h"
#include "store/options.h"

namespace cordwood::store {

// What one query reads. Each record stored before the snapshot was taken is in exactly one of the parts; the objects of
// `segments` exist for `snapshot_life` from then on.
struct StoreSnapshot {
  std::vector<catalog::PartRow> segments;                   // overlapping the range, newest (times.last) first
  std::vector<std::shared_ptr<const segment::Part>> heads;  // overlapping the range, in no order
  // By object key: the deletions that still hide rows of that segment; whoever opens it calls filter_part. The heads
  // are filtered already.
  std::map<std::string, Deletions> filters;
  std::uint64_t committed_through = 0;  // journal sequence: all of it is in the parts
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
  base::Task<base::StatusOr<std::string>> request_deletion(core::DeletionRequest request) override;
  base::Task<base::StatusOr<std::vector<core::DeletionStatus>>> deletions(core::TenantId tenant) override;
  base::Task<base::Status> cancel_deletion(core::TenantId tenant, std::string id) override;
  base::Task<base::StatusOr<std::vector<core::RetentionRule>>> retention(core::TenantId tenant) override;
  base::Task<base::Status> set_retention(core::RetentionRule rule) override;
  base::Task<base::Status> remove_retention(core::TenantId tenant, std::string selector) override;
  base::Task<base::StatusOr<std::vector<core::PartFacts>>> list_parts(std::optional<core::TenantId> tenant) override;
  base::Task<base::StatusOr<core::JournalFacts>> journal_facts() override;
  base::Task<base::StatusOr<core::VerifyReport>> verify() override;
  base::Task<base::StatusOr<core::BackupFacts>> begin_backup(base::nanoseconds lasts) override;
  base::Task<base::Status> end_backup(std::string id) override;

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
