#include "store/flush/flusher.h"

#include <algorithm>

#include "base/log.h"
#include "store/commit.h"

namespace cordwood::store {

namespace {
constexpr base::nanoseconds kLookInterval = std::chrono::seconds(1);
constexpr base::nanoseconds kPauseMin = std::chrono::milliseconds(500);
constexpr base::nanoseconds kPauseMax = std::chrono::seconds(30);
}  // namespace

base::Task<base::Status> Flusher::flush() {
  std::uint64_t target = 0;
  {
    base::MutexLock lock(state_.mutex);
    target = state_.published;
  }
  while (true) {
    // Also when nothing is to be flushed: sources may have been registered without a stored slice.
    base::Status status = co_await flush_once();
    if (!status.ok()) co_return status;
    base::MutexLock lock(state_.mutex);
    if (state_.flushed_through >= target) co_return status;
  }
}

base::Task<base::Status> Flusher::flush_once() {
  co_await turn_.acquire();
  base::Status status = base::ok_status();
  if (!waiting_.empty() || freeze()) {
    const base::MonotonicNanos begin = state_.executor().clock().monotonic();
    status = co_await flush_frozen();
    state_.metrics.flush_latency.observe_nanos((state_.executor().clock().monotonic() - begin).count());
    if (status.ok()) {
      state_.metrics.flushes.add();
      if (!waiting_.empty()) state_.flush_wanted.set();
    } else {
      state_.metrics.flush_failures.add();
      base::log_error("flush failed, nothing is lost, trying again: error=\"{}\"", status.ToString());
    }
  }
  turn_.release();
  co_return status;
}

bool Flusher::freeze() {
  base::MutexLock lock(state_.mutex);
  Frozen frozen;
  frozen.through = state_.published;
  frozen.marks = state_.sources.take_dirty();
  frozen.hashes = state_.body_hashes.take_dirty();
  if (frozen.through == state_.flushed_through && frozen.marks.empty() && frozen.hashes.empty()) return false;
  frozen.chunks = state_.head.freeze();
  state_.active_since.reset();
  waiting_.push_back(std::move(frozen));
  return true;
}

void Flusher::freeze_replayed(std::vector<std::shared_ptr<const SpilledFrame>> spilled) {
  freeze();
  Frozen& frozen = waiting_.back();
  if (spilled.empty()) return;
  frozen.chunks.clear();
  frozen.spilled = std::move(spilled);
}

base::Task<base::Status> Flusher::load_spilled() {
  Frozen& frozen = waiting_.front();
  if (frozen.spilled.empty() || frozen.loaded_bytes > 0) co_return base::ok_status();
  std::map<core::TenantId, Chunks> chunks;
  std::uint64_t bytes = 0;
  for (const auto& frame : frozen.spilled) {
    base::StatusOr<std::vector<std::shared_ptr<Chunk>>> rows = co_await frame->load();
    if (!rows.ok()) co_return rows.status();
    for (std::shared_ptr<Chunk>& chunk : *rows) {
      bytes += chunk->memory_bytes();
      chunks[frame->tenant()].push_back(std::move(chunk));
    }
  }
  state_.gate.adjust(0, bytes);
  frozen.loaded_bytes = bytes;
  frozen.chunks = std::move(chunks);
  co_return base::ok_status();
}

base::Task<base::Status> Flusher::flush_frozen() {
  base::Status loaded = co_await load_spilled();
  if (!loaded.ok()) co_return loaded;
  if (!waiting_.front().written) {
    base::Status status = co_await write_parts();
    if (!status.ok()) {
      // The next try writes them anew, under other names.
      std::vector<catalog::PartRow> unused = std::exchange(waiting_.front().output, {}).parts;
      co_await remove_objects(state_, std::move(unused));
      co_return status;
    }
    waiting_.front().written = true;
  }
  base::Status status = co_await commit_parts();
  if (!status.ok()) co_return status;
  const std::uint64_t through = waiting_.front().through;
  waiting_.pop_front();
  co_await state_.journal->trim(through);
  state_.compact_wanted.set();
  co_return status;
}

base::Task<base::Status> Flusher::write_parts() {
  for (const auto& [tenant, chunks] : waiting_.front().chunks) {
    TenantRows rows = rows_of(tenant, chunks);
    base::Status status = co_await write_day_segments(state_, std::move(rows), waiting_.front().output);
    if (!status.ok()) co_return status;
  }
  co_return base::ok_status();
}

TenantRows Flusher::rows_of(const core::TenantId& tenant, const Chunks& chunks) {
  TenantRows rows{tenant, chunks, {}, 0, nullptr};
  base::MutexLock lock(state_.mutex);
  rows.deletions_applied = state_.deletions.all_applied();
  rows.retention = state_.retention.of(tenant);
  for (const auto& chunk : chunks) {
    rows.deletions.push_back(state_.deletions.to_remove(tenant, chunk->times(), chunk->deletions_applied()));
  }
  return rows;
}

// The publish point of a flush is the catalog's commit.
//   crash before it:  the objects are orphans, the frames are replayed; the sweep deletes the objects after a grace
//   crash after it:   start-up finds flushed_through and replays only what follows; the journal is trimmed then
//   answer lost:      commit_change asks the catalog; the rows stay in the head until it is known
base::Task<base::Status> Flusher::commit_parts() {
  catalog::Change change;
  change.insert_parts = waiting_.front().output.parts;
  change.records_removed = waiting_.front().output.removed;
  for (const SourceTable::Dirty& mark : waiting_.front().marks)
    change.upsert_sources.push_back({*mark.info, mark.mark, mark.updated});
  change.insert_body_hashes = waiting_.front().hashes;
  change.flushed_through = catalog::JournalProgress{state_.options.node, state_.epoch, waiting_.front().through};
  base::StatusOr<std::vector<catalog::PartId>> ids = co_await commit_change(state_, std::move(change));
  if (!ids.ok()) co_return ids.status();
  publish(*ids);
  co_return base::ok_status();
}

void Flusher::publish(const std::vector<catalog::PartId>& ids) {
  std::vector<catalog::PartRow>& parts = waiting_.front().output.parts;
  CHECK(ids.size() == parts.size());
  for (std::size_t i = 0; i < ids.size(); ++i) parts[i].id = ids[i];
  std::uint64_t freed = 0;
  {
    // The rows leave the head and enter the list of segments in one step: a snapshot sees them once.
    base::MutexLock lock(state_.mutex);
    freed = state_.head.drop_frozen() + waiting_.front().loaded_bytes;
    state_.parts.replace({}, parts);
    state_.deletions.count_removed(waiting_.front().output.removed);
    state_.flushed_through = waiting_.front().through;
    state_.update_head_gauges();
  }
  for (const auto& removed : waiting_.front().output.removed) state_.metrics.deleted_records.add(removed.records);
  state_.gate.give_back(freed);
}

bool Flusher::is_due(base::MonotonicNanos now) {
  base::MutexLock lock(state_.mutex);
  if (!state_.active_since.has_value()) return false;
  return state_.head.active_bytes() >= state_.options.head_flush_bytes ||
         now - *state_.active_since >= state_.options.head_flush_age;
}

base::Task<void> Flusher::run() {
  base::nanoseconds pause{0};
  while (!state_.stopping.is_set()) {
    const bool asked = co_await state_.flush_wanted.wait_for(kLookInterval);
    if (state_.stopping.is_set()) break;
    if (asked) state_.flush_wanted.reset();
    const bool again = pause.count() > 0;
    if (!again && !asked && !is_due(state_.executor().clock().monotonic())) continue;
    base::Status status = co_await flush_once();
    if (status.ok()) {
      pause = base::nanoseconds{0};
      continue;
    }
    pause = std::clamp(pause * 2, kPauseMin, kPauseMax);
    co_await state_.stopping.wait_for(pause);
  }
}

}  // namespace cordwood::store
