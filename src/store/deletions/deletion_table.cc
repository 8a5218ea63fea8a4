#include "store/deletions/deletion_table.h"

#include <algorithm>

#include "base/check.h"

namespace cordwood::store {

void DeletionTable::restore(catalog::DeletionRow row, std::shared_ptr<const core::RecordSelector> selector) {
  reserve_ids(row.id + 1);
  if (!row.removed.has_value()) active_[row.id] = std::make_shared<const Deletion>(Deletion{row, std::move(selector)});
  rows_[row.id] = std::move(row);
}

void DeletionTable::activate(std::shared_ptr<const Deletion> deletion) {
  const std::uint64_t id = deletion->row.id;
  std::erase(pending_, id);
  rows_[id] = deletion->row;
  active_[id] = std::move(deletion);
}

void DeletionTable::roll_back(std::uint64_t id) {
  std::erase(pending_, id);
}

void DeletionTable::cancel(std::uint64_t id) {
  active_.erase(id);
  rows_.erase(id);
}

std::uint64_t DeletionTable::newest_before(const std::string& node, std::uint64_t sequence) const {
  std::uint64_t newest = 0;
  for (const auto& [id, row] : rows_) {
    if (row.node == node && row.sequence < sequence) newest = id;
  }
  return newest;
}

std::uint64_t DeletionTable::all_applied() const {
  // A pending one may become active while the segment is being written.
  return pending_.empty() ? next_id_ - 1 : *std::min_element(pending_.begin(), pending_.end()) - 1;
}

Deletions DeletionTable::applying(const core::TenantId& tenant, const core::TimeSpan& times,
                                  std::uint64_t applied) const {
  Deletions out;
  for (auto it = active_.upper_bound(applied); it != active_.end(); ++it) {
    const catalog::DeletionRow& row = it->second->row;
    if (row.tenant == tenant && times.overlaps(row.range)) out.push_back(it->second);
  }
  return out;
}

Deletions DeletionTable::to_remove(const core::TenantId& tenant, const core::TimeSpan& times, std::uint64_t applied) {
  Deletions out = applying(tenant, times, applied);
  for (const auto& deletion : out) begun_.insert(deletion->row.id);
  return out;
}

Deletions DeletionTable::active() const {
  Deletions out;
  for (const auto& [id, deletion] : active_) out.push_back(deletion);
  return out;
}

void DeletionTable::count_removed(const std::vector<catalog::Change::Removed>& removed) {
  for (const catalog::Change::Removed& one : removed) {
    const auto found = rows_.find(one.deletion);
    if (found != rows_.end()) found->second.records_removed += one.records;
  }
}

catalog::DeletionRow DeletionTable::finish(std::uint64_t id, core::UnixNanos now) {
  active_.erase(id);
  begun_.erase(id);
  const auto found = rows_.find(id);
  CHECK(found != rows_.end());
  found->second.removed = now;
  return found->second;
}

std::vector<catalog::DeletionRow> DeletionTable::rows(const core::TenantId& tenant) const {
  std::vector<catalog::DeletionRow> out;
  for (const auto& [id, row] : rows_) {
    if (row.tenant == tenant) out.push_back(row);
  }
  return out;
}

const catalog::DeletionRow* DeletionTable::find(std::uint64_t id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : &found->second;
}

std::vector<std::uint64_t> DeletionTable::forget_removed_before(core::UnixNanos time) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, row] : rows_) {
    if (row.removed.has_value() && *row.removed < time) ids.push_back(id);
  }
  for (const std::uint64_t id : ids) rows_.erase(id);
  return ids;
}

}  // namespace cordwood::store
