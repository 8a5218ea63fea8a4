#include "store/live_parts.h"

#include <algorithm>
#include <set>

namespace cordwood::store {

void LiveParts::replace(const std::vector<catalog::PartId>& remove, const std::vector<catalog::PartRow>& insert) {
  std::set<core::TenantId> tenants;
  for (const catalog::PartRow& part : insert) tenants.insert(part.tenant);
  if (!remove.empty()) {
    for (const auto& [tenant, list] : tenants_) tenants.insert(tenant);
  }
  for (const core::TenantId& tenant : tenants) replace_of(tenant, remove, insert);
}

void LiveParts::replace_of(const core::TenantId& tenant, const std::vector<catalog::PartId>& remove,
                           const std::vector<catalog::PartRow>& insert) {
  std::shared_ptr<const PartList>& list = tenants_[tenant];
  auto next = std::make_shared<PartList>();
  if (list != nullptr) next->reserve(list->size() + insert.size());
  for (const auto& part : list == nullptr ? PartList() : *list) {
    if (std::find(remove.begin(), remove.end(), part->id) == remove.end()) {
      next->push_back(part);
      continue;
    }
    --totals_.parts;
    totals_.records -= part->records;
    totals_.raw_bytes -= part->raw_bytes;
    totals_.stored_bytes -= part->stored_bytes;
  }
  for (const catalog::PartRow& part : insert) {
    if (part.tenant != tenant) continue;
    next->push_back(std::make_shared<const catalog::PartRow>(part));
    ++totals_.parts;
    totals_.records += part.records;
    totals_.raw_bytes += part.raw_bytes;
    totals_.stored_bytes += part.stored_bytes;
  }
  std::sort(next->begin(), next->end(), [](const auto& a, const auto& b) {
    return a->times.last != b->times.last ? a->times.last > b->times.last : a->id < b->id;
  });
  list = std::move(next);
}

void LiveParts::raise_deletions_applied(const core::TenantId& tenant, catalog::PartId part, std::uint64_t deletions) {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return;
  for (const auto& one : *found->second) {
    if (one->id != part) continue;
    catalog::PartRow row = *one;
    row.deletions_applied = std::max(row.deletions_applied, deletions);
    return replace_of(tenant, {part}, {row});
  }
}

std::shared_ptr<const PartList> LiveParts::of(const core::TenantId& tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const PartList>> LiveParts::all() const {
  std::vector<std::shared_ptr<const PartList>> out;
  for (const auto& [tenant, list] : tenants_) out.push_back(list);
  return out;
}

std::vector<catalog::PartRow> overlapping(const PartList& parts, const core::TimeRange& range) {
  std::vector<catalog::PartRow> out;
  for (const auto& part : parts) {
    if (part->times.overlaps(range)) out.push_back(*part);
  }
  return out;
}

}  // namespace cordwood::store
