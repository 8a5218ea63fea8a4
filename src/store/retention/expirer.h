// Expirer: drops segments that are older than retention keeps, and the oldest ones while there is more than the disk
// budget allows.
#pragma once

#include "store/compact/maintenance_lease.h"
#include "store/state.h"

namespace cordwood::store {

// Pure functions, for tests.
// Segments whose youngest record is older than its class is kept.
std::vector<catalog::PartRow> expired_parts(const std::vector<catalog::PartRow>& parts, const RetentionTable& retention,
                                            core::UnixNanos now);
// While the parts have more than `budget_bytes`: the tenant furthest over its share (all have the same) loses its
// oldest day; of its last day only as many segments, oldest first, as are over the budget.
std::vector<catalog::PartRow> parts_over_budget(std::vector<catalog::PartRow> parts, std::uint64_t budget_bytes);

class Expirer {
 public:
  Expirer(StoreState& state, MaintenanceLease& lease) : state_(state), lease_(lease) {}
  // Once a minute until the store is stopping.
  base::Task<void> run();
  base::Task<base::Status> expire();

 private:
  base::Task<base::Status> drop(std::vector<catalog::PartRow> parts, std::string_view why);
  StoreState& state_;
  MaintenanceLease& lease_;
};

}  // namespace cordwood::store
