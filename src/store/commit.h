// Catalog commits whose outcome may be unknown, and objects that no commit names.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "store/state.h"

namespace cordwood::store {

// Commits, and when the answer was lost (Unavailable) asks the catalog whether it happened, until it is known or the
// store is closing. A change inserts parts with object keys of its own, removes parts, raises their deletions_applied
// or moves flushed_through of this node: by these it is recognised. Gives the ids of the inserted parts. An error other
// than Unknown means that it did not happen.
inline constexpr base::StatusCode kOutcomeUnknown = base::StatusCode::kUnknown;
base::Task<base::StatusOr<std::vector<catalog::PartId>>> commit_change(StoreState& state, catalog::Change change);

// Best effort: what stays is found by the orphan sweep.
base::Task<void> remove_objects(StoreState& state, std::vector<catalog::PartRow> parts);

}  // namespace cordwood::store
