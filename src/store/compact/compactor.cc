#include "store/compact/compactor.h"

#include <algorithm>

#include "base/log.h"
#include "segment/reader.h"
#include "segment/writer.h"
#include "store/commit.h"
#include "store/compact/merge.h"
#include "store/deletions/filtered_part.h"
#include "store/flush/segment_build.h"
#include "store/object_source.h"

namespace cordwood::store {

namespace {
constexpr base::nanoseconds kLookInterval = std::chrono::seconds(15);
// Ingest counts as busy while the head fills faster than this part of its flush size in a look interval.
constexpr std::uint64_t kBusyShare = 8;
}  // namespace

Compactor::Partitions Compactor::partitions() const {
  std::vector<std::shared_ptr<const PartList>> lists;
  {
    base::MutexLock lock(state_.mutex);
    lists = state_.parts.all();
  }
  Partitions out;
  base::MutexLock lock(mutex_);
  for (const auto& list : lists) {
    for (const auto& part : *list) {
      if (unmergeable_.contains(part->id)) continue;
      out[{part->partition_day, part->tenant, part->retention_class}].push_back(*part);
    }
  }
  return out;
}

base::Task<base::Status> Compactor::compact_all() {
  const CompactionLimits limits{state_.options.compact_raw_bytes_max, state_.options.compact_stored_bytes_max};
  base::Status first_error = base::ok_status();
  co_await turn_.acquire();
  // Under load segments keep coming: what is flushed after the call is left to the next one, or this would never end.
  catalog::PartId newest;
  for (const auto& [partition, parts] : partitions()) {
    for (const catalog::PartRow& part : parts) newest = std::max(newest, part.id);
  }
  bool again = true;
  while (again && !state_.stopping.is_set()) {
    again = false;
    Partitions all = partitions();
    for (auto& [partition, parts] : all) {
      std::erase_if(parts, [newest](const catalog::PartRow& part) { return part.level == 1 && part.id > newest; });
      Inputs inputs = plan_full(parts, limits);
      if (inputs.empty() || state_.stopping.is_set()) continue;
      base::Status status = co_await merge(std::move(inputs));
      if (!status.ok() && first_error.ok()) first_error = status;
      // What failed and may heal is tried again by the next call, not at once.
      again = again || status.ok() || status.code() == base::StatusCode::kDataLoss;
    }
  }
  turn_.release();
  if (first_error.ok() && state_.stopping.is_set()) co_return base::unavailable_error("the store is stopping");
  co_return first_error;
}

base::Task<base::Status> Compactor::rewrite(catalog::PartRow part) {
  co_await turn_.acquire();
  Inputs inputs{std::move(part)};
  base::Status status = co_await merge(std::move(inputs));
  turn_.release();
  co_return status;
}

base::Task<base::Status> Compactor::merge(Inputs inputs) {
  base::StatusOr<Merged> merged = co_await write_merged(inputs);
  base::Status status = merged.status();
  if (merged.ok()) {
    status = co_await commit_merged(inputs, *merged);
    if (status.ok()) co_return status;
    if (status.code() != kOutcomeUnknown && merged->part.has_value()) {
      std::vector<catalog::PartRow> unused{*merged->part};
      co_await remove_objects(state_, std::move(unused));
    }
  }
  state_.metrics.compaction_failures.add();
  base::log_error("merge of segments failed: inputs={} first_key={} error=\"{}\"", inputs.size(),
                  inputs.front().object_key, status.ToString());
  // Damage does not heal; everything else may.
  if (status.code() != base::StatusCode::kDataLoss && status.code() != base::StatusCode::kNotFound) co_return status;
  base::MutexLock lock(mutex_);
  for (const catalog::PartRow& input : inputs) unmergeable_.insert(input.id);
  co_return status;
}

// The publish point: one transaction removes exactly the inputs and inserts the output.
//   crash before it:  the output is an orphan, the inputs live on
//   crash after it:   the inputs' objects stay until snapshot_life has passed (sweep.cc)
base::Task<base::Status> Compactor::commit_merged(const Inputs& inputs, Merged& merged) {
  base::StatusOr<catalog::LeaseGuard> guard = co_await lease_.hold();
  if (!guard.ok()) co_return guard.status();
  catalog::Change change;
  change.guard = *guard;
  if (merged.part.has_value()) change.insert_parts.push_back(*merged.part);
  for (const catalog::PartRow& input : inputs) change.remove_parts.push_back(input.id);
  change.records_removed = merged.removed;
  std::vector<catalog::PartId> removed = change.remove_parts;
  base::StatusOr<std::vector<catalog::PartId>> ids = co_await commit_change(state_, std::move(change));
  if (!ids.ok()) co_return ids.status();
  std::vector<catalog::PartRow> inserted;
  if (merged.part.has_value()) {
    merged.part->id = ids->front();
    inserted.push_back(*merged.part);
    state_.metrics.compacted_bytes.add(merged.part->stored_bytes);
  }
  state_.metrics.compactions.add();
  for (const auto& one : merged.removed) state_.metrics.deleted_records.add(one.records);
  base::MutexLock lock(state_.mutex);
  state_.parts.replace(removed, inserted);
  state_.deletions.count_removed(merged.removed);
  co_return base::ok_status();
}

base::Task<base::StatusOr<Compactor::Merged>> Compactor::write_merged(const Inputs& inputs) {
  std::vector<std::shared_ptr<const segment::Part>> parts;
  std::vector<std::unique_ptr<RowFilter>> filters;
  std::uint64_t records = 0;
  std::uint64_t deletions_applied = 0;
  for (const catalog::PartRow& input : inputs) {
    Deletions deletions;
    {
      base::MutexLock lock(state_.mutex);
      if (parts.empty()) deletions_applied = state_.deletions.all_applied();
      deletions = state_.deletions.to_remove(input.tenant, input.times, input.deletions_applied);
    }
    std::shared_ptr<segment::ByteSource> source =
        std::make_shared<ObjectSource>(*state_.deps.objects, input.object_key, input.stored_bytes);
    base::StatusOr<std::shared_ptr<const segment::Part>> part = co_await segment::open_segment(std::move(source));
    if (!part.ok()) co_return part.status();
    filters.push_back(std::make_unique<RowFilter>(deletions));
    parts.push_back(filter_part(*std::move(part), std::move(deletions), filters.back().get()));
    records += input.records;
  }
  auto bytes = std::make_shared<std::string>();
  segment::StringSink sink(*bytes);
  segment::WriterOptions options;
  options.level = segment::WriterLevel::kCompaction;
  segment::SegmentWriter writer(sink, options);
  base::Status written = co_await merge_parts(state_.executor(), std::move(parts), writer);
  if (!written.ok()) co_return written;
  Merged merged;
  for (const auto& filter : filters) {
    filter->add_counts(merged.removed);
    records -= filter->count();
  }
  if (writer.records() != records) {
    co_return base::data_loss_error("merge of {} segments has {} records, the catalog counts {}", inputs.size(),
                                    writer.records(), records);
  }
  if (records == 0) co_return merged;
  base::StatusOr<segment::SegmentStats> stats = writer.finish();
  if (!stats.ok()) co_return stats.status();
  catalog::PartRow row = inputs.front();
  row.id = {};
  row.level = 2;
  for (const catalog::PartRow& input : inputs) {
    row.level = std::max(row.level, inputs.size() == 1 ? input.level : input.level + 1);
  }
  row.deletions_applied = deletions_applied;
  row.object_key = new_segment_key(state_, row.tenant, row.partition_day);
  row.times = stats->times;
  row.records = stats->records;
  row.raw_bytes = stats->raw_bytes;
  row.stored_bytes = stats->stored_bytes;
  std::string key = row.object_key;
  std::shared_ptr<const std::string> object = std::move(bytes);
  base::Status put = co_await state_.deps.objects->put(std::move(key), std::move(object));
  if (!put.ok()) {
    std::vector<catalog::PartRow> unused{row};
    co_await remove_objects(state_, std::move(unused));
    co_return put;
  }
  merged.part = std::move(row);
  co_return merged;
}

base::Task<void> Compactor::merge_in_background(bool urgent) {
  const CompactionLimits limits{state_.options.compact_raw_bytes_max, state_.options.compact_stored_bytes_max};
  bool again = true;
  while (again && !state_.stopping.is_set()) {
    again = false;
    const Partitions all = partitions();
    for (const auto& [partition, parts] : all) {
      Inputs inputs = plan_background(parts, limits, urgent);
      if (inputs.empty()) continue;
      base::Status status = co_await merge(std::move(inputs));
      again = status.ok();
      break;  // the newest partition is looked at first again
    }
  }
}

bool Compactor::is_ingest_busy() {
  base::MutexLock lock(state_.mutex);
  return state_.head.active_bytes() >= state_.options.head_flush_bytes / kBusyShare;
}

base::Task<void> Compactor::run() {
  while (!state_.stopping.is_set()) {
    co_await state_.compact_wanted.wait();
    state_.compact_wanted.reset();
    // A moment later, so that a flood of flushes is seen as one.
    co_await state_.stopping.wait_for(kLookInterval);
    if (state_.stopping.is_set()) break;
    const bool busy = is_ingest_busy();
    co_await turn_.acquire();
    co_await merge_in_background(busy);
    turn_.release();
    if (busy) state_.compact_wanted.set();  // looked at again when it is quiet
  }
}

}  // namespace cordwood::store
