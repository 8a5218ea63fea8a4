// The one place where store and query meet: a snapshot of the store as the parts of a query.
#pragma once

#include "query/part_provider.h"
#include "query/segment_cache.h"
#include "store/store.h"

namespace cordwood::app {

// Store and cache must outlive it. Thread-safe.
class StoreParts final : public query::PartProvider {
 public:
  StoreParts(store::Store& store, query::SegmentCache& segments) : store_(store), segments_(segments) {}
  base::Task<base::StatusOr<query::PartSet>> parts(core::TenantId tenant, core::TimeRange range) override;

 private:
  store::Store& store_;
  query::SegmentCache& segments_;
};

}  // namespace cordwood::app
