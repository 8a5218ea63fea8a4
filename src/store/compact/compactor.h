// Compactor: replaces segments of one partition by a larger one, compressed more strongly.
#pragma once

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "store/compact/maintenance_lease.h"
#include "store/compact/plan.h"
#include "store/state.h"

namespace cordwood::store {

class Compactor {
 public:
  Compactor(StoreState& state, MaintenanceLease& lease) : state_(state), lease_(lease), turn_(state.executor(), 1) {}

  // Until plan_full has nothing left of the segments that exist now. The first error is given at the end; other
  // partitions are merged all the same.
  base::Task<base::Status> compact_all();
  // Merges what is worth it after flushes, until the store is stopping. While flushes by size follow each other it
  // merges only where queries would suffer, for every merge takes time from ingest.
  base::Task<void> run();
  // Writes one segment anew without its deleted rows. Aborted when it is not live any more.
  base::Task<base::Status> rewrite(catalog::PartRow part);

 private:
  struct Merged {
    std::optional<catalog::PartRow> part;  // none: every row was deleted
    std::vector<catalog::Change::Removed> removed;
  };
  // Newest day first: that is what people look at.
  using Partition = std::tuple<std::int32_t, core::TenantId, std::uint32_t>;
  using Partitions = std::map<Partition, std::vector<catalog::PartRow>, std::greater<>>;

  // Without the segments that could not be merged before.
  Partitions partitions() const;
  base::Task<base::Status> merge(Inputs inputs);
  base::Task<base::StatusOr<Merged>> write_merged(const Inputs& inputs);
  base::Task<base::Status> commit_merged(const Inputs& inputs, Merged& merged);
  base::Task<void> merge_in_background(bool urgent);
  bool is_ingest_busy();

  StoreState& state_;
  MaintenanceLease& lease_;
  base::Semaphore turn_;  // one merge at a time
  // Damaged inputs of failed merges: not tried again before the next start, or a damaged segment would be read for
  // ever.
  mutable base::Mutex mutex_;
  std::set<catalog::PartId> unmergeable_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::store
