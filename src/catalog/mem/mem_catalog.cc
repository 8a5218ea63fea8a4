#include "catalog/mem/mem_catalog.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/mutex.h"
#include "catalog/check_change.h"
#include "catalog/lease_rules.h"

namespace cordwood::catalog {
namespace {

struct StoredPart {
  PartRow row;
  std::optional<core::UnixNanos> removed_at;
};

// Everything the catalog holds. A change is applied to a copy that replaces it when all went well: slow and obvious.
struct State {
  CatalogVersion version;
  std::uint64_t last_part = 0;
  std::map<PartId, StoredPart> parts;
  std::map<std::string, JournalProgress> journals;
  std::map<core::SourceId, SourceRow> sources;
  std::map<base::Hash128, core::UnixNanos> body_hashes;
  std::map<core::AgentId, AgentRow> agents;
  std::map<std::string, Lease> leases;
  std::map<std::string, NodeRow> nodes;
  std::map<std::string, std::uint64_t> node_epochs;
  std::map<std::uint64_t, DeletionRow> deletions;
  std::map<std::pair<core::TenantId, std::uint32_t>, RetentionRow> retention;
  std::map<FleetAgentKey, FleetAgentRow> fleet_agents;
  std::map<LedgerKey, core::LedgerEntry> ledger;
  std::optional<core::InstallationId> installation;
};

std::optional<Lease> find_lease(const State& state, const std::string& name) {
  const auto it = state.leases.find(name);
  return it == state.leases.end() ? std::nullopt : std::optional<Lease>(it->second);
}

base::Status remove_part(State& state, PartId id, core::UnixNanos now) {
  const auto it = state.parts.find(id);
  if (it == state.parts.end() || it->second.removed_at.has_value()) return not_live(id);
  it->second.removed_at = now;
  return base::ok_status();
}

base::Status raise_applied(State& state, const Change::Applied& applied) {
  const auto it = state.parts.find(applied.part);
  if (it == state.parts.end() || it->second.removed_at.has_value()) return not_live(applied.part);
  PartRow& row = it->second.row;
  row.deletions_applied = std::max(row.deletions_applied, applied.deletions);
  return base::ok_status();
}

base::StatusOr<PartId> insert_part(State& state, PartRow row) {
  for (const auto& [id, part] : state.parts) {
    if (part.row.object_key == row.object_key) return object_key_taken(row.object_key);
  }
  row.id = {++state.last_part};
  const PartId id = row.id;
  state.parts.emplace(id, StoredPart{std::move(row), std::nullopt});
  return id;
}

base::Status move_progress(State& state, const JournalProgress& next, bool inserts_parts) {
  const auto it = state.journals.find(next.node);
  if (it != state.journals.end()) RETURN_IF_ERROR(check_progress(it->second, next, inserts_parts));
  state.journals[next.node] = next;
  return base::ok_status();
}

void insert_body_hashes(State& state, const std::vector<BodyHashRow>& rows, core::UnixNanos now) {
  if (rows.empty()) return;
  std::erase_if(state.body_hashes, [now](const auto& entry) { return entry.second <= now; });
  for (const BodyHashRow& row : rows) state.body_hashes.emplace(row.hash, row.expires);
}

base::StatusOr<ChangeResult> apply_change(State& state, const Change& change, core::UnixNanos now) {
  if (change.guard.has_value() && !lease_allows(find_lease(state, change.guard->name), *change.guard)) {
    return lease_moved(*change.guard);
  }
  if (change.flushed_through.has_value()) {
    RETURN_IF_ERROR(move_progress(state, *change.flushed_through, !change.insert_parts.empty()));
  }
  for (const PartId part : change.remove_parts) RETURN_IF_ERROR(remove_part(state, part, now));
  for (const Change::Applied& applied : change.raise_deletions_applied) RETURN_IF_ERROR(raise_applied(state, applied));
  for (const Change::Removed& removed : change.records_removed) {
    const auto it = state.deletions.find(removed.deletion);
    if (it != state.deletions.end()) it->second.records_removed += removed.records;
  }
  ChangeResult result;
  for (const PartRow& part : change.insert_parts) {
    ASSIGN_OR_RETURN(const PartId id, insert_part(state, part));
    result.inserted.push_back(id);
  }
  for (const core::SourceId& source : change.remove_sources) state.sources.erase(source);
  for (const SourceRow& source : change.upsert_sources) {
    SourceRow& row = state.sources[source.info.id];
    row = source;
    if (row.info.labels == nullptr) row.info.labels = std::make_shared<const core::Labels>();
  }
  insert_body_hashes(state, change.insert_body_hashes, now);
  if (!change.insert_parts.empty() || !change.remove_parts.empty()) ++state.version.value;
  result.version = state.version;
  return result;
}

class MemCatalog final : public Catalog {
 public:
  MemCatalog(base::Executor& executor, base::Random& random) : executor_(executor), random_(random) {}

  base::Task<base::StatusOr<core::InstallationId>> installation_id() override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    if (!state_.installation.has_value()) state_.installation = core::InstallationId{random_.next_id()};
    co_return *state_.installation;
  }

  base::Task<base::Status> set_installation_id(core::InstallationId id) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    state_.installation = id;
    co_return base::ok_status();
  }

  base::Task<base::Status> save_deletion(DeletionRow row) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    const auto [it, is_new] = state_.deletions.try_emplace(row.id, row);
    if (!is_new) it->second.removed = row.removed;
    co_return base::ok_status();
  }
  base::Task<base::Status> forget_deletion(std::uint64_t id) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    state_.deletions.erase(id);
    co_return base::ok_status();
  }
  base::Task<base::StatusOr<std::vector<DeletionRow>>> deletions() override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    std::vector<DeletionRow> rows;
    for (const auto& [id, row] : state_.deletions) rows.push_back(row);
    co_return rows;
  }
  base::Task<base::Status> save_retention(RetentionRow row) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    state_.retention[{row.tenant, row.retention_class}] = row;
    co_return base::ok_status();
  }
  base::Task<base::Status> forget_retention(core::TenantId tenant, std::uint32_t retention_class) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    state_.retention.erase({tenant, retention_class});
    co_return base::ok_status();
  }
  base::Task<base::StatusOr<std::vector<RetentionRow>>> retention() override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    std::vector<RetentionRow> rows;
    for (const auto& [key, row] : state_.retention) rows.push_back(row);
    co_return rows;
  }

  base::Task<base::StatusOr<ChangeResult>> commit(Change change) override {
    CO_RETURN_IF_ERROR(check_change(change));
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    State next = state_;
    auto result = apply_change(next, change, executor_.clock().now());
    if (result.ok()) state_ = std::move(next);
    co_return result;
  }

  base::Task<base::StatusOr<Snapshot>> snapshot(std::optional<core::TenantId> tenant, core::TimeRange range) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    Snapshot snapshot;
    snapshot.version = state_.version;
    for (const auto& [id, part] : state_.parts) {
      const bool asked = !tenant.has_value() || part.row.tenant == *tenant;
      const bool live = !part.removed_at.has_value();
      if (asked && live && !range.empty() && part.row.times.overlaps(range)) snapshot.parts.push_back(part.row);
    }
    std::sort(snapshot.parts.begin(), snapshot.parts.end(), [](const PartRow& a, const PartRow& b) {
      return std::tie(b.times.last, a.id) < std::tie(a.times.last, b.id);
    });
    for (const auto& [node, progress] : state_.journals) snapshot.journals.push_back(progress);
    co_return snapshot;
  }

  base::Task<base::StatusOr<std::vector<PartRow>>> removed_parts(core::UnixNanos removed_before,
                                                                 std::size_t limit) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    std::vector<std::pair<core::UnixNanos, PartId>> order;
    for (const auto& [id, part] : state_.parts) {
      if (part.removed_at.has_value() && *part.removed_at < removed_before) order.emplace_back(*part.removed_at, id);
    }
    std::sort(order.begin(), order.end());
    order.resize(std::min(order.size(), limit));
    std::vector<PartRow> rows;
    for (const auto& [removed_at, id] : order) rows.push_back(state_.parts.at(id).row);
    co_return rows;
  }

  base::Task<base::Status> forget_parts(std::vector<PartId> parts) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    for (const PartId part : parts) {
      const auto it = state_.parts.find(part);
      if (it != state_.parts.end() && !it->second.removed_at.has_value()) {
        co_return base::failed_precondition_error("forget part {}: it is live", part.value);
      }
    }
    for (const PartId part : parts) state_.parts.erase(part);
    co_return base::ok_status();
  }

  base::Task<base::StatusOr<std::vector<SourceRow>>> sources(std::optional<core::TenantId> tenant,
                                                             std::optional<std::string> host) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    std::vector<SourceRow> rows;
    for (const auto& [id, row] : state_.sources) {
      if ((!tenant.has_value() || id.tenant == *tenant) && (!host.has_value() || id.host == *host)) rows.push_back(row);
    }
    co_return rows;
  }

  base::Task<base::StatusOr<std::vector<BodyHashRow>>> body_hashes(core::UnixNanos now) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    std::erase_if(state_.body_hashes, [now](const auto& entry) { return entry.second <= now; });
    std::vector<BodyHashRow> rows;
    for (const auto& [hash, expires] : state_.body_hashes) rows.push_back({hash, expires});
    co_return rows;
  }

  base::Task<base::StatusOr<std::optional<AgentRow>>> agent(core::AgentId agent) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    const auto it = state_.agents.find(agent);
    std::optional<AgentRow> row;
    if (it != state_.agents.end()) row = it->second;
    co_return row;
  }

  base::Task<base::Status> save_agent(AgentRow row, std::optional<std::uint64_t> expected_epoch) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    const auto it = state_.agents.find(row.agent);
    std::optional<std::uint64_t> found;
    if (it != state_.agents.end()) found = it->second.epoch;
    if (found != expected_epoch) co_return agent_epoch_moved(row, expected_epoch);
    state_.agents[row.agent] = row;
    co_return base::ok_status();
  }

  base::Task<base::StatusOr<std::vector<AgentRow>>> agents(core::TenantId tenant) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    std::vector<AgentRow> rows;
    for (const auto& [id, row] : state_.agents) {
      if (row.tenant == tenant) rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end(), [](const AgentRow& a, const AgentRow& b) {
      return std::tie(a.host, a.last_seen, a.epoch) < std::tie(b.host, b.last_seen, b.epoch);
    });
    co_return rows;
  }

  base::Task<base::Status> save_fleet(FleetChange change) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    for (const FleetAgentKey& key : change.remove_agents) {
      state_.fleet_agents.erase(key);
      std::erase_if(state_.ledger, [&](const auto& entry) { return entry.first.agent == key; });
    }
    for (const LedgerKey& key : change.remove_entries) state_.ledger.erase(key);
    for (const FleetAgentRow& row : change.upsert_agents) state_.fleet_agents[{row.tenant, row.agent}] = row;
    for (const LedgerRow& row : change.upsert_entries) state_.ledger[{row.agent, row.entry.generation}] = row.entry;
    co_return base::ok_status();
  }

  base::Task<base::StatusOr<FleetRows>> fleet() override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    FleetRows rows;
    for (const auto& [key, row] : state_.fleet_agents) rows.agents.push_back(row);
    for (const auto& [key, entry] : state_.ledger) rows.entries.push_back({key.agent, entry});
    co_return rows;
  }

  base::Task<base::StatusOr<Lease>> acquire_lease(std::string name, std::string holder, core::UnixNanos now,
                                                  base::nanoseconds duration) override {
    if (holder.empty()) co_return base::invalid_argument_error("lease {}: no holder", name);
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    Lease lease = lease_after_request(find_lease(state_, name), name, holder, now, duration);
    state_.leases[name] = lease;
    co_return lease;
  }

  base::Task<base::Status> release_lease(std::string name, std::string holder) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    const auto it = state_.leases.find(name);
    if (it != state_.leases.end() && it->second.holder == holder) it->second.holder.clear();
    co_return base::ok_status();
  }

  base::Task<base::Status> heartbeat(NodeRow node) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    state_.nodes[node.name] = node;
    co_return base::ok_status();
  }

  base::Task<base::StatusOr<std::vector<NodeRow>>> nodes() override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    std::vector<NodeRow> rows;
    for (const auto& [name, row] : state_.nodes) rows.push_back(row);
    co_return rows;
  }

  base::Task<base::StatusOr<std::uint64_t>> begin_node_epoch(std::string node) override {
    co_await executor_.yield();
    base::MutexLock lock(mutex_);
    const std::uint64_t epoch = ++state_.node_epochs[node];
    co_return epoch;
  }

 private:
  base::Executor& executor_;
  base::Random& random_;
  base::Mutex mutex_;
  State state_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Catalog> make_mem_catalog(base::Executor& executor, base::Random& random) {
  return std::make_unique<MemCatalog>(executor, random);
}

}  // namespace cordwood::catalog
