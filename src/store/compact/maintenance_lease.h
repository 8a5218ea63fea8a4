// MaintenanceLease: the right to replace and drop segments. One holder at a time in the catalog; every replacing commit
// carries the lease's epoch, so a holder that was away too long changes nothing.
#pragma once

#include <optional>

#include "store/state.h"

namespace cordwood::store {

// Thread-safe.
class MaintenanceLease {
 public:
  explicit MaintenanceLease(StoreState& state) : state_(state) {}
  // Takes or renews it; FailedPrecondition when another node has it.
  base::Task<base::StatusOr<catalog::LeaseGuard>> hold();

 private:
  StoreState& state_;
  base::Mutex mutex_;
  std::optional<catalog::LeaseGuard> held_ GUARDED_BY(mutex_);
  base::MonotonicNanos renew_at_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::store
