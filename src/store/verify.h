#pragma once

#include "core/store_admin.h"
#include "store/state.h"

namespace cordwood::store {

// Reads every block of every live segment, which verifies its checksums, and compares what it found with the catalog.
// One block in memory at a time.
base::Task<base::StatusOr<core::VerifyReport>> verify_parts(StoreState& state);

}  // namespace cordwood::store
