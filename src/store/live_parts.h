// LiveParts: the catalog's list of live segments, mirrored in memory. This process is the only one that changes it, and
// changes the mirror in the critical section in which the head drops the rows: that is what makes a snapshot exact.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "catalog/catalog.h"

namespace cordwood::store {

using PartList = std::vector<std::shared_ptr<const catalog::PartRow>>;  // newest (times.last) first

// Not thread-safe: the store's mutex guards it. Lists are replaced, never changed: a reader keeps the one it took.
class LiveParts {
 public:
  void replace(const std::vector<catalog::PartId>& remove, const std::vector<catalog::PartRow>& insert);
  // Nothing when the part is not live any more.
  void raise_deletions_applied(const core::TenantId& tenant, catalog::PartId part, std::uint64_t deletions);
  // Null when the tenant has none.
  std::shared_ptr<const PartList> of(const core::TenantId& tenant) const;
  std::vector<std::shared_ptr<const PartList>> all() const;

  struct Totals {
    std::uint64_t parts = 0;
    std::uint64_t records = 0;
    std::uint64_t raw_bytes = 0;
    std::uint64_t stored_bytes = 0;
  };
  const Totals& totals() const { return totals_; }

 private:
  void replace_of(const core::TenantId& tenant, const std::vector<catalog::PartId>& remove,
                  const std::vector<catalog::PartRow>& insert);
  std::map<core::TenantId, std::shared_ptr<const PartList>> tenants_;
  Totals totals_;
};

// Rows of the list that overlap the range.
std::vector<catalog::PartRow> overlapping(const PartList& parts, const core::TimeRange& range);

}  // namespace cordwood::store
