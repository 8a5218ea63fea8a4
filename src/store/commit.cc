#include "store/commit.h"

#include <algorithm>

#include "base/log.h"

namespace cordwood::store {

namespace {
constexpr base::nanoseconds kAskAgain = std::chrono::seconds(1);

// The ids of the change's parts if `snapshot` shows that it happened.
std::optional<std::vector<catalog::PartId>> outcome(const catalog::Snapshot& snapshot, const catalog::Change& change) {
  std::vector<catalog::PartId> ids;
  for (const catalog::PartRow& part : change.insert_parts) {
    const auto found = std::find_if(snapshot.parts.begin(), snapshot.parts.end(),
                                    [&part](const auto& row) { return row.object_key == part.object_key; });
    if (found == snapshot.parts.end()) return std::nullopt;
    ids.push_back(found->id);
  }
  const auto is_live = [&snapshot](catalog::PartId id) {
    return std::any_of(snapshot.parts.begin(), snapshot.parts.end(), [id](const auto& row) { return row.id == id; });
  };
  if (std::any_of(change.remove_parts.begin(), change.remove_parts.end(), is_live)) return std::nullopt;
  for (const catalog::Change::Applied& applied : change.raise_deletions_applied) {
    const bool raised = std::any_of(snapshot.parts.begin(), snapshot.parts.end(), [&applied](const auto& row) {
      return row.id == applied.part && row.deletions_applied >= applied.deletions;
    });
    if (!raised) return std::nullopt;
  }
  if (change.insert_parts.empty() && change.flushed_through.has_value()) {
    const auto& wanted = *change.flushed_through;
    const bool moved = std::any_of(snapshot.journals.begin(), snapshot.journals.end(), [&wanted](const auto& journal) {
      return journal.node == wanted.node && journal.epoch == wanted.epoch && journal.sequence >= wanted.sequence;
    });
    if (!moved) return std::nullopt;
  }
  return ids;
}
}  // namespace

base::Task<base::StatusOr<std::vector<catalog::PartId>>> commit_change(StoreState& state, catalog::Change change) {
  catalog::Change sent = change;
  base::StatusOr<catalog::ChangeResult> result = co_await state.deps.catalog->commit(std::move(sent));
  if (result.ok()) co_return std::move(result->inserted);
  if (result.status().code() != base::StatusCode::kUnavailable) co_return result.status();
  base::log_warn("catalog commit without an answer, asking whether it happened: error=\"{}\"",
                 result.status().ToString());
  while (true) {
    std::optional<core::TenantId> all_tenants;
    const core::TimeRange all_times;
    base::StatusOr<catalog::Snapshot> snapshot =
        co_await state.deps.catalog->snapshot(std::move(all_tenants), all_times);
    if (snapshot.ok()) {
      std::optional<std::vector<catalog::PartId>> ids = outcome(*snapshot, change);
      if (ids.has_value()) co_return *std::move(ids);
      co_return base::aborted_error("the catalog did not commit: {}", base::message_of(result.status()));
    }
    if (state.stopping.is_set()) {
      co_return base::make_status(kOutcomeUnknown, "closing before the outcome of a catalog commit is known");
    }
    co_await state.stopping.wait_for(kAskAgain);
  }
}

base::Task<void> remove_objects(StoreState& state, std::vector<catalog::PartRow> parts) {
  for (catalog::PartRow& part : parts) {
    std::string key = part.object_key;
    base::Status removed = co_await state.deps.objects->remove(std::move(key));
    if (!removed.ok()) {
      base::log_warn("object of an unfinished flush or merge stays until the orphan sweep: key={} error=\"{}\"",
                     part.object_key, removed.ToString());
    }
  }
}

}  // namespace cordwood::store
