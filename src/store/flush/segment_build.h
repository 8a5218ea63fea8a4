// From chunks of one tenant to stored segments, one for each UTC day of event time.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "store/head/row_order.h"
#include "store/state.h"

namespace cordwood::store {

// Adds a row for each object that was put to `written`, also when it fails later: the caller deletes or commits them.
base::Task<base::Status> write_day_segments(StoreState& state, core::TenantId tenant, Chunks chunks,
                                            std::vector<catalog::PartRow>& written);

// segments/TENANT/DAY/ID; ids sort by time of creation and are never used twice.
std::string new_segment_key(StoreState& state, const core::TenantId& tenant, std::int32_t day);

}  // namespace cordwood::store
