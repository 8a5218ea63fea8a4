// From chunks of one tenant to stored segments, one for each UTC day of event time and retention class.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "store/head/row_order.h"
#include "store/state.h"

namespace cordwood::store {

// What a flush writes of one tenant.
struct TenantRows {
  core::TenantId tenant;
  Chunks chunks;
  std::vector<Deletions> deletions;  // for each chunk those that leave rows of it out
  std::uint64_t deletions_applied = 0;
  std::shared_ptr<const TenantRetention> retention;  // null: everything is of class 0
};
struct WrittenParts {
  std::vector<catalog::PartRow> parts;
  std::vector<catalog::Change::Removed> removed;
};

// Adds a row for each object that was put to `written`, also when it fails later: the caller deletes or commits them.
base::Task<base::Status> write_day_segments(StoreState& state, TenantRows rows, WrittenParts& written);

// segments/TENANT/DAY/ID; ids sort by time of creation and are never used twice.
std::string new_segment_key(StoreState& state, const core::TenantId& tenant, std::int32_t day);

}  // namespace cordwood::store
