// Flusher: takes a whole prefix of the journal out of the head into segments.
//
//   freeze (one critical section: rows, marks and hashes up to sequence s) -> segments by tenant and day -> object
//   store
//   -> one catalog transaction -> segments in, rows out (one critical section) -> journal trimmed
//
// Appends go on meanwhile into the active part of the head. What was frozen stays frozen until it is committed, however
// often that fails. Only replay freezes more than one flush can carry away.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "catalog/catalog.h"
#include "store/flush/segment_build.h"
#include "store/head/spilled_chunk.h"
#include "store/state.h"

namespace cordwood::store {

class Flusher {
 public:
  explicit Flusher(StoreState& state) : state_(state), turn_(state.executor(), 1) {}

  // Flushes everything that is published now.
  base::Task<base::Status> flush();
  // One prefix: what is frozen already, or else what is published now.
  base::Task<base::Status> flush_once();
  // During replay, before anything else is called: what is active is one flush. With `spilled`, the frames that its
  // rows come from, the flush reads them from the journal, and the caller replaces its chunks in the head.
  void freeze_replayed(std::vector<std::shared_ptr<const SpilledFrame>> spilled);
  // Flushes by size and age, with pauses after failures, until the store is closing.
  base::Task<void> run();

 private:
  // Everything that one flush carries away.
  struct Frozen {
    std::uint64_t through = 0;
    std::map<core::TenantId, Chunks> chunks;
    std::vector<std::shared_ptr<const SpilledFrame>> spilled;  // its rows are here as long as there are any
    std::uint64_t loaded_bytes = 0;                            // of chunks that were spilled
    std::vector<SourceTable::Dirty> marks;
    std::vector<catalog::BodyHashRow> hashes;
    bool written = false;
    WrittenParts output;  // the objects are put when `written`
  };

  bool freeze();
  // The rows of spilled frames, taken from the gate without waiting: one flush more than the head may hold.
  base::Task<base::Status> load_spilled();
  base::Task<base::Status> flush_frozen();
  base::Task<base::Status> write_parts();
  TenantRows rows_of(const core::TenantId& tenant, const Chunks& chunks);
  base::Task<base::Status> commit_parts();
  void publish(const std::vector<catalog::PartId>& ids);
  bool is_due(base::MonotonicNanos now);

  StoreState& state_;
  base::Semaphore turn_;        // one flush at a time
  std::deque<Frozen> waiting_;  // with turn_ held; oldest first
};

}  // namespace cordwood::store
