#include "fleet/fleet.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace cordwood::fleet {
namespace {

// Of one transaction, so that commits of parts do not wait long.
constexpr std::size_t kRowsPerSave = 2000;

}  // namespace

Fleet::Fleet(FleetOptions options, base::Executor& executor, catalog::Catalog& catalog, base::MetricsRegistry& metrics)
    : options_(options),
      executor_(executor),
      catalog_(catalog),
      metrics_(metrics),
      closing_(executor),
      saving_(executor, 1) {}

Fleet::~Fleet() = default;

base::Task<base::StatusOr<std::unique_ptr<Fleet>>> Fleet::open(FleetOptions options, base::Executor& executor,
                                                               catalog::Catalog& catalog,
                                                               base::MetricsRegistry& metrics) {
  base::StatusOr<catalog::FleetRows> rows = co_await catalog.fleet();
  if (!rows.ok()) co_return rows.status();
  auto fleet = std::make_unique<Fleet>(options, executor, catalog, metrics);
  base::MutexLock lock(fleet->mutex_);
  for (catalog::FleetAgentRow& row : rows->agents) {
    const core::TenantId tenant = row.tenant;
    const core::AgentId agent = row.agent;
    fleet->tenants_[tenant].accounts.emplace(agent, Account(std::move(row)));
  }
  for (catalog::LedgerRow& row : rows->entries) {
    Tenant& tenant = fleet->tenants_[row.agent.tenant];
    const auto it = tenant.accounts.find(row.agent.agent);
    if (it == tenant.accounts.end()) continue;
    tenant.holders[row.entry.generation] = row.agent.agent;
    it->second.restore(std::move(row.entry));
  }
  fleet->count(executor.clock().now());
  co_return fleet;
}

// --- heartbeats ---------------------------------------------------------------------------------------------------

Account& Fleet::account_of(const core::Heartbeat& heartbeat, core::UnixNanos now) {
  Tenant& tenant = tenants_[heartbeat.tenant];
  const auto found = tenant.accounts.find(heartbeat.agent);
  if (found != tenant.accounts.end()) return found->second;
  catalog::FleetAgentRow row;
  row.tenant = heartbeat.tenant;
  row.agent = heartbeat.agent;
  row.first_seen = now;
  return tenant.accounts.emplace(heartbeat.agent, Account(std::move(row))).first->second;
}

// Generations belong to the agent that reported them last. One that takes some over from an agent of its host that had
// fallen silent before is its successor: the state directory was lost, and with it the old name.
void Fleet::hand_over(Tenant& tenant, Account& to, const core::Heartbeat& heartbeat) {
  const core::AgentId agent = to.row().agent;
  for (const core::LedgerEntry& entry : heartbeat.entries) {
    const auto [holder, is_new] = tenant.holders.try_emplace(entry.generation, agent);
    if (is_new || holder->second == agent) continue;
    const auto before = tenant.accounts.find(std::exchange(holder->second, agent));
    if (before == tenant.accounts.end()) continue;
    Account& from = before->second;
    from.give_away(entry.generation);
    if (from.row().host != to.row().host || from.row().last_heartbeat > to.row().first_seen) continue;
    to.succeed(from);
    for (const auto& [generation, left] : from.entries()) tenant.holders[generation] = agent;
    drop(tenant, from.row().agent);
  }
}

void Fleet::drop(Tenant& tenant, core::AgentId agent) {
  const auto it = tenant.accounts.find(agent);
  if (it == tenant.accounts.end()) return;
  std::erase_if(tenant.holders, [&](const auto& holder) { return holder.second == agent; });
  dropped_.push_back(it->second.key());
  tenant.accounts.erase(it);
}

base::Task<base::StatusOr<core::HeartbeatAnswer>> Fleet::heartbeat(core::Heartbeat heartbeat) {
  core::HeartbeatAnswer answer;
  answer.server_time = executor_.clock().now();
  for (const std::string& name : heartbeat.extracted) {
    if (!core::is_valid_label_name(name)) co_return base::invalid_argument_error("extracted: \"{}\" is no label", name);
  }
  // An agent that has not measured yet: what its message took to come is the error of this, and small.
  if (heartbeat.clock_offset.count() == 0) heartbeat.clock_offset = answer.server_time - heartbeat.sent_at;
  base::MutexLock lock(mutex_);
  Account& account = account_of(heartbeat, answer.server_time);
  if (account.is_old_epoch(heartbeat.epoch)) {
    co_return base::failed_precondition_error("epoch {} is not the agent's last one: greet again", heartbeat.epoch);
  }
  answer.send_all = !account.take(heartbeat, answer.server_time);
  hand_over(tenants_[heartbeat.tenant], account, heartbeat);
  co_return answer;
}

base::Task<base::Status> Fleet::retire(core::TenantId tenant, std::string host) {
  {
    base::MutexLock lock(mutex_);
    const core::UnixNanos now = executor_.clock().now();
    bool found = false;
    bool retired = false;
    for (auto& [agent, account] : tenants_[tenant].accounts) {
      if (account.row().host != host) continue;
      found = true;
      if (state_of(account, core::UnixNanos::max(), now) != core::HostState::kSilent) continue;
      account.retire(now);
      retired = true;
    }
    if (!found) co_return base::not_found_error("no host {} is known", host);
    if (!retired) co_return base::failed_precondition_error("host {} is not silent: stop its agent first", host);
  }
  co_return co_await save();
}

void Fleet::retire_silent_ones(core::UnixNanos now) {
  if (options_.retire_after.count() == 0) return;
  const core::UnixNanos before = now - options_.retire_after;
  for (auto& [id, tenant] : tenants_) {
    std::vector<core::AgentId> gone;
    for (auto& [agent, account] : tenant.accounts) {
      account.forget_older_than(before);
      if (account.row().last_heartbeat >= before) continue;
      if (account.row().retired.value == 0) account.retire(now);
      if (account.entries().empty()) gone.push_back(agent);
    }
    for (const core::AgentId& agent : gone) drop(tenant, agent);
  }
}

// --- keeping ------------------------------------------------------------------------------------------------------

base::Task<base::Status> Fleet::save() {
  co_await saving_.acquire();
  base::Status status = base::ok_status();
  bool more = true;
  while (more && status.ok()) {
    catalog::FleetChange change;
    {
      base::MutexLock lock(mutex_);
      more = false;
      change.remove_agents = std::exchange(dropped_, {});
      for (auto& [id, tenant] : tenants_) {
        for (auto& [agent, account] : tenant.accounts) {
          const std::size_t rows = change.upsert_entries.size() + change.remove_entries.size();
          more = rows >= kRowsPerSave || account.take_changes(kRowsPerSave - rows, change) || more;
        }
      }
    }
    if (change.empty()) break;
    catalog::FleetChange saved = change;
    base::Task<base::Status> task = catalog_.save_fleet(std::move(saved));
    status = co_await task;
    if (status.ok()) continue;
    base::MutexLock lock(mutex_);
    dropped_.insert(dropped_.end(), change.remove_agents.begin(), change.remove_agents.end());
    for (auto& [id, tenant] : tenants_) {
      for (auto& [agent, account] : tenant.accounts) account.give_back(change);
    }
  }
  saving_.release();
  co_return status;
}

base::Task<void> Fleet::run() {
  while (!closing_.is_set()) {
    const base::nanoseconds interval = options_.save_interval;
    const bool closed = co_await closing_.wait_for(interval);
    if (closed) break;
    {
      base::MutexLock lock(mutex_);
      const core::UnixNanos now = executor_.clock().now();
      retire_silent_ones(now);
      count(now);
    }
    const base::Status saved = co_await save();
    if (!saved.ok()) base::log_warn("the fleet's ledger is not saved yet: error=\"{}\"", base::message_of(saved));
  }
}

base::Task<base::Status> Fleet::close() {
  closing_.set();
  co_return co_await save();
}

}  // namespace cordwood::fleet
