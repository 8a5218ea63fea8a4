#include "app/store_parts.h"

#include <iterator>

namespace cordwood::app {

base::Task<base::StatusOr<query::PartSet>> StoreParts::parts(core::TenantId tenant, core::TimeRange range) {
  auto snapshot = co_await store_.snapshot(std::move(tenant), range);
  CO_RETURN_IF_ERROR(snapshot.status());
  auto set = co_await segments_.open_all(std::move(snapshot->segments));
  CO_RETURN_IF_ERROR(set.status());
  for (auto& part : set->parts) {
    const auto deletions = snapshot->filters.find(std::string(part->name()));
    if (deletions != snapshot->filters.end()) part = store::filter_part(std::move(part), deletions->second);
  }
  std::move(snapshot->heads.begin(), snapshot->heads.end(), std::back_inserter(set->parts));
  co_return set;
}

}  // namespace cordwood::app
