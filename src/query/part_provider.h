// Where the engine gets the parts of a query from. The implementation lives in app: it takes one snapshot of the store
// (catalog parts and head rows that are not in them) and opens the segments through SegmentCache.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/task.h"
#include "core/ids.h"
#include "core/time_range.h"
#include "segment/part.h"

namespace cordwood::query {

// Parts that together hold each live record once.
struct PartSet {
  std::vector<std::shared_ptr<const segment::Part>> parts;
  // One text for people for each part that could not be opened; the answer is then marked incomplete.
  std::vector<std::string> unreadable;
};

// Thread-safe. Must outlive the queries that use it.
class PartProvider {
 public:
  virtual ~PartProvider() = default;
  // The tenant's parts with records in `range`; parts outside of it may be among them.
  virtual base::Task<base::StatusOr<PartSet>> parts(core::TenantId tenant, core::TimeRange range) = 0;
};

}  // namespace cordwood::query
