// Flusher: takes a whole prefix of the journal out of the head into segments.
//
//   freeze (one critical section: rows, marks and hashes up to sequence s) -> segments by tenant and day -> object
//   store
//   -> one catalog transaction -> segments in, rows out (one critical section) -> journal trimmed
//
// Appends go on meanwhile into the active half of the head. What was frozen stays frozen until it is committed, however
// often that fails.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "catalog/catalog.h"
#include "store/flush/segment_build.h"
#include "store/state.h"

namespace cordwood::store {

class Flusher {
 public:
  explicit Flusher(StoreState& state) : state_(state), turn_(state.executor(), 1) {}

  // Flushes everything that is published now.
  base::Task<base::Status> flush();
  // One prefix: what is frozen already, or else what is published now.
  base::Task<base::Status> flush_once();
  // Flushes by size and age, with pauses after failures, until the store is closing.
  base::Task<void> run();

 private:
  // Everything that one flush carries away.
  struct Frozen {
    std::uint64_t through = 0;
    std::map<core::TenantId, Chunks> chunks;
    std::vector<SourceTable::Dirty> marks;
    std::vector<catalog::BodyHashRow> hashes;
    bool written = false;
    WrittenParts output;  // the objects are put when `written`
  };

  bool freeze();
  base::Task<base::Status> flush_frozen();
  base::Task<base::Status> write_parts();
  TenantRows rows_of(const core::TenantId& tenant, const Chunks& chunks);
  base::Task<base::Status> commit_parts();
  void publish(const std::vector<catalog::PartId>& ids);
  bool is_due(base::MonotonicNanos now);

  StoreState& state_;
  base::Semaphore turn_;          // one flush at a time
  std::optional<Frozen> frozen_;  // with turn_ held
};

}  // namespace cordwood::store
