#include "store/sweep.h"

#include "base/log.h"
#include "store/backup.h"
#include "store/ballast.h"

namespace cordwood::store {

namespace {
constexpr base::nanoseconds kInterval = std::chrono::minutes(1);
constexpr std::size_t kPage = 500;
// Orphans come from crashes: some objects each. More than this means that something else is wrong.
constexpr std::size_t kCandidatesMax = 100'000;
}  // namespace

base::Task<void> Sweeper::run() {
  const base::MonotonicNanos orphans_at = state_.executor().clock().monotonic() + state_.options.orphan_grace;
  bool orphans_done = false;
  base::Status found = co_await find_orphans();
  if (!found.ok()) base::log_warn("orphan sweep skipped until the next start: error=\"{}\"", found.ToString());
  while (!state_.stopping.is_set()) {
    StoreState* state = &state_;
    co_await state_.executor().blocking([state] {
      take_ballast(*state->deps.files, state->options.data_directory, state->options.free_space_reserve_bytes);
    });
    co_await state_.stopping.wait_for(kInterval);
    if (state_.stopping.is_set()) break;
    base::StatusOr<bool> may_remove = co_await begin_removal(state_);
    if (!may_remove.ok() || !*may_remove) continue;  // a backup is under way, or the catalog away
    co_await sweep(orphans_at, orphans_done);
    co_await end_removal(state_);
  }
}

base::Task<void> Sweeper::sweep(base::MonotonicNanos orphans_at, bool& orphans_done) {
  base::Status removed = co_await delete_removed();
  if (!removed.ok()) base::log_warn("old objects not deleted, trying again: error=\"{}\"", removed.ToString());
  if (orphans_done || state_.executor().clock().monotonic() < orphans_at) co_return;
  base::Status orphans = co_await delete_orphans();
  orphans_done = orphans.ok();
  if (!orphans.ok()) base::log_warn("orphans not deleted, trying again: error=\"{}\"", orphans.ToString());
}

base::Task<base::Status> Sweeper::delete_removed() {
  while (!state_.stopping.is_set()) {
    const core::UnixNanos before = state_.executor().clock().now() - state_.options.snapshot_life;
    base::StatusOr<std::vector<catalog::PartRow>> rows = co_await state_.deps.catalog->removed_parts(before, kPage);
    if (!rows.ok()) co_return rows.status();
    if (rows->empty()) break;
    std::vector<catalog::PartId> deleted;
    for (const catalog::PartRow& row : *rows) {
      std::string key = row.object_key;
      base::Status status = co_await state_.deps.objects->remove(std::move(key));
      if (!status.ok()) co_return status;
      deleted.push_back(row.id);
    }
    state_.metrics.objects_deleted.add(deleted.size());
    // The row goes after the object: a crash between the two deletes the object again, which succeeds.
    base::Status forgotten = co_await state_.deps.catalog->forget_parts(std::move(deleted));
    if (!forgotten.ok()) co_return forgotten;
  }
  co_return base::ok_status();
}

base::Task<base::StatusOr<std::set<std::string>>> Sweeper::known_keys() {
  std::set<std::string> keys;
  std::optional<core::TenantId> all_tenants;
  const core::TimeRange all_times;
  base::StatusOr<catalog::Snapshot> snapshot =
      co_await state_.deps.catalog->snapshot(std::move(all_tenants), all_times);
  if (!snapshot.ok()) co_return snapshot.status();
  for (const catalog::PartRow& part : snapshot->parts) keys.insert(part.object_key);
  base::StatusOr<std::vector<catalog::PartRow>> removed =
      co_await state_.deps.catalog->removed_parts(core::UnixNanos::max(), kCandidatesMax);
  if (!removed.ok()) co_return removed.status();
  for (const catalog::PartRow& part : *removed) keys.insert(part.object_key);
  co_return keys;
}

base::Task<base::Status> Sweeper::find_orphans() {
  // Objects first, rows after: what is put and committed in between is named then.
  std::set<std::string> objects;
  std::string after;
  while (objects.size() < kCandidatesMax) {
    std::string prefix = "segments/";
    std::string start = after;
    base::StatusOr<objectstore::ListPage> page =
        co_await state_.deps.objects->list(std::move(prefix), std::move(start), kPage);
    if (!page.ok()) co_return page.status();
    for (const objectstore::ObjectInfo& object : page->objects) objects.insert(object.key);
    if (!page->next.has_value()) break;
    after = *page->next;
  }
  base::StatusOr<std::set<std::string>> known = co_await known_keys();
  if (!known.ok()) co_return known.status();
  for (const std::string& key : *known) objects.erase(key);
  candidates_ = std::move(objects);
  co_return base::ok_status();
}

base::Task<base::Status> Sweeper::delete_orphans() {
  base::StatusOr<std::set<std::string>> known = co_await known_keys();
  if (!known.ok()) co_return known.status();
  for (const std::string& key : candidates_) {
    if (known->contains(key)) continue;
    std::string key_copy = key;
    base::Status removed = co_await state_.deps.objects->remove(std::move(key_copy));
    if (!removed.ok()) co_return removed;
    state_.metrics.objects_deleted.add();
    base::log_info("orphan deleted: key={}", key);
  }
  candidates_.clear();
  co_return base::ok_status();
}

}  // namespace cordwood::store
