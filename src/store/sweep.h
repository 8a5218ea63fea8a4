// Sweeper: deletes objects that nothing reads any more: those of replaced segments after `snapshot_life`, and orphans
// (objects that no catalog row names: left by a crash between put and commit) after `orphan_grace`.
#pragma once

#include <set>
#include <string>

#include "store/state.h"

namespace cordwood::store {

class Sweeper {
 public:
  explicit Sweeper(StoreState& state) : state_(state) {}

  // Once a minute, and the orphans of the last start once, until the store is stopping.
  base::Task<void> run();
  base::Task<base::Status> delete_removed();
  // Notes the objects that no row names now. Called at start-up, before anything is written: what this process puts
  // later is never a candidate.
  base::Task<base::Status> find_orphans();
  // Deletes those noted that are still not named, an orphan_grace later.
  base::Task<base::Status> delete_orphans();

 private:
  // With the right to delete objects (backup.h).
  base::Task<void> sweep(base::MonotonicNanos orphans_at, bool& orphans_done);
  base::Task<base::StatusOr<std::set<std::string>>> known_keys();

  StoreState& state_;
  std::set<std::string> candidates_;
};

}  // namespace cordwood::store
