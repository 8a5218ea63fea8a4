#include "store/deletions/eraser.h"

#include "base/log.h"
#include "segment/reader.h"
#include "store/commit.h"
#include "store/deletions/filtered_part.h"
#include "store/object_source.h"

namespace cordwood::store {

namespace {
constexpr base::nanoseconds kLookInterval = std::chrono::minutes(1);
// A deletion can be cancelled until its removal begins.
constexpr base::nanoseconds kPauseBefore = std::chrono::seconds(10);
constexpr base::nanoseconds kRemembered = std::chrono::hours(30 * 24);
}  // namespace

base::Task<void> Eraser::run() {
  while (!state_.stopping.is_set()) {
    const bool asked = co_await state_.erase_wanted.wait_for(kLookInterval);
    if (asked) state_.erase_wanted.reset();
    co_await state_.stopping.wait_for(kPauseBefore);
    if (state_.stopping.is_set()) break;
    base::Status status = co_await erase_all();
    if (!status.ok()) base::log_warn("deleted records not removed yet, trying again: error=\"{}\"", status.ToString());
    co_await forget_old();
  }
}

base::Task<base::Status> Eraser::erase_all() {
  co_await turn_.acquire();
  Deletions deletions;
  {
    base::MutexLock lock(state_.mutex);
    deletions = state_.deletions.active();
  }
  base::Status first_error = base::ok_status();
  for (const auto& deletion : deletions) {
    if (state_.stopping.is_set()) break;
    base::Status status = co_await erase(deletion);
    if (!status.ok() && first_error.ok()) first_error = status;
  }
  turn_.release();
  co_return first_error;
}

base::Task<base::Status> Eraser::erase(std::shared_ptr<const Deletion> deletion) {
  bool in_head = false;
  {
    base::MutexLock lock(state_.mutex);
    in_head = deletion->row.node == state_.options.node && state_.flushed_through < deletion->row.sequence;
  }
  if (in_head) {
    base::Status flushed = co_await flusher_.flush();
    if (!flushed.ok()) co_return flushed;
  }
  // A merge that began before the deletion may add such a part once more.
  for (std::vector<catalog::PartRow> parts = parts_of(*deletion); !parts.empty(); parts = parts_of(*deletion)) {
    for (catalog::PartRow& part : parts) {
      if (state_.stopping.is_set()) co_return base::unavailable_error("the store is stopping");
      base::Status status = co_await look_at(std::move(part));
      // Aborted: it was merged or dropped meanwhile.
      if (!status.ok() && status.code() != base::StatusCode::kAborted) co_return status;
    }
  }
  co_return co_await finish(deletion->row.id);
}

std::vector<catalog::PartRow> Eraser::parts_of(const Deletion& deletion) const {
  std::vector<catalog::PartRow> out;
  base::MutexLock lock(state_.mutex);
  const std::shared_ptr<const PartList> parts = state_.parts.of(deletion.row.tenant);
  if (parts == nullptr) return out;
  for (const auto& part : *parts) {
    if (part->deletions_applied < deletion.row.id && part->times.overlaps(deletion.row.range)) out.push_back(*part);
  }
  return out;
}

base::Task<base::Status> Eraser::look_at(catalog::PartRow part) {
  std::shared_ptr<segment::ByteSource> source =
      std::make_shared<ObjectSource>(*state_.deps.objects, part.object_key, part.stored_bytes);
  base::StatusOr<std::shared_ptr<const segment::Part>> opened = co_await segment::open_segment(std::move(source));
  if (!opened.ok()) co_return opened.status();
  std::uint64_t all_applied = 0;
  bool holds_deleted = false;
  {
    base::MutexLock lock(state_.mutex);
    all_applied = state_.deletions.all_applied();
    holds_deleted =
        may_delete_from(**opened, state_.deletions.applying(part.tenant, part.times, part.deletions_applied));
  }
  if (holds_deleted) co_return co_await compactor_.rewrite(std::move(part));
  // Nothing of it is meant by any deletion: that is noted, and the segment stays as it is.
  base::StatusOr<catalog::LeaseGuard> guard = co_await lease_.hold();
  if (!guard.ok()) co_return guard.status();
  catalog::Change change;
  change.guard = *guard;
  change.raise_deletions_applied.push_back({part.id, all_applied});
  base::StatusOr<std::vector<catalog::PartId>> done = co_await commit_change(state_, std::move(change));
  if (!done.ok()) co_return done.status();
  base::MutexLock lock(state_.mutex);
  state_.parts.raise_deletions_applied(part.tenant, part.id, all_applied);
  co_return base::ok_status();
}

base::Task<base::Status> Eraser::finish(std::uint64_t id) {
  catalog::DeletionRow row;
  {
    base::MutexLock lock(state_.mutex);
    const catalog::DeletionRow* found = state_.deletions.find(id);
    if (found == nullptr) co_return base::ok_status();  // cancelled
    row = *found;
  }
  row.removed = state_.executor().clock().now();
  base::Status saved = co_await state_.deps.catalog->save_deletion(row);
  if (!saved.ok()) co_return saved;
  base::MutexLock lock(state_.mutex);
  if (state_.deletions.find(id) == nullptr) co_return saved;
  row = state_.deletions.finish(id, *row.removed);
  state_.metrics.deletions_waiting.set(static_cast<std::int64_t>(state_.deletions.waiting()));
  base::log_info("deletion done: id={} tenant={} records_removed={}", id, row.tenant.value, row.records_removed);
  co_return saved;
}

base::Task<void> Eraser::forget_old() {
  std::vector<std::uint64_t> ids;
  {
    base::MutexLock lock(state_.mutex);
    ids = state_.deletions.forget_removed_before(state_.executor().clock().now() - kRemembered);
  }
  for (const std::uint64_t id : ids) {
    base::Status forgotten = co_await state_.deps.catalog->forget_deletion(id);
    if (!forgotten.ok()) base::log_warn("deletion {} not forgotten: error=\"{}\"", id, forgotten.ToString());
  }
}

}  // namespace cordwood::store
