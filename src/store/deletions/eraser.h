// Eraser: takes deleted records out of storage. What is hidden from queries by DeletionTable is left out for good: of
// the head by a flush, of segments by writing them anew.
#pragma once

#include "store/compact/compactor.h"
#include "store/flush/flusher.h"
#include "store/state.h"

namespace cordwood::store {

class Eraser {
 public:
  Eraser(StoreState& state, Flusher& flusher, Compactor& compactor, MaintenanceLease& lease)
      : state_(state), flusher_(flusher), compactor_(compactor), lease_(lease), turn_(state.executor(), 1) {}
  // After each request, and again after failures, until the store is stopping.
  base::Task<void> run();
  // Until no deletion waits; the first error is given at the end.
  base::Task<base::Status> erase_all();

 private:
  base::Task<base::Status> erase(std::shared_ptr<const Deletion> deletion);
  base::Task<base::Status> look_at(catalog::PartRow part);
  std::vector<catalog::PartRow> parts_of(const Deletion& deletion) const;
  base::Task<base::Status> finish(std::uint64_t id);
  base::Task<void> forget_old();

  StoreState& state_;
  Flusher& flusher_;
  Compactor& compactor_;
  MaintenanceLease& lease_;
  base::Semaphore turn_;
};

}  // namespace cordwood::store
