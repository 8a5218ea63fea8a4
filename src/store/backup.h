// Backup: while one is under way no object is deleted, so that what the catalog names can be copied piece by piece. The
// right to delete objects is a lease in the catalog, which outlives the process: the sweep holds it for a moment at a
// time, a backup from begin to end.
#pragma once

#include "core/store_admin.h"
#include "store/flush/flusher.h"
#include "store/state.h"

namespace cordwood::store {

// True when objects may be deleted until end_removal. False while a backup is under way.
base::Task<base::StatusOr<bool>> begin_removal(StoreState& state);
base::Task<void> end_removal(StoreState& state);

// FailedPrecondition while another backup is under way.
base::Task<base::StatusOr<core::BackupFacts>> begin_backup(StoreState& state, Flusher& flusher,
                                                           base::nanoseconds lasts);
base::Task<base::Status> end_backup(StoreState& state, std::string id);

}  // namespace cordwood::store
