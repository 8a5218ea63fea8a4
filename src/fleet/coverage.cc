// The rules of coverage; docs/operating/coverage.md tells them.
#include <algorithm>
#include <set>
#include <tuple>

#include "fleet/fleet.h"

namespace cordwood::fleet {

using core::Coverage;
using core::HostCoverage;
using core::HostState;

namespace {

core::UnixNanos watermark_of(const Account& account) {
  const core::UnixNanos watermark = account.row().watermark;
  return watermark.value == 0 ? watermark : watermark + account.row().clock_offset;
}

// The worse comes first.
int rank(HostState state) {
  switch (state) {
    case HostState::kSilent:
      return 0;
    case HostState::kSkewed:
      return 1;
    case HostState::kBehind:
      return 2;
    case HostState::kComplete:
    case HostState::kEnded:
      return 3;
  }
  return 3;
}

// Adds an entry's figures; its losses if they were written in `range`. A lost record counts as a byte: it had one.
void add_entry(HostCoverage& host, const core::LedgerEntry& entry, const Account& account,
               const core::TimeRange& range) {
  const std::uint64_t unread = entry.seen - std::min(entry.seen, entry.acked);
  const std::uint64_t pending = std::min(unread, entry.pending);
  if (entry.unit == core::PositionUnit::kBytes) {
    host.pending_bytes += pending;
    host.waiting_bytes += unread - pending;
  }
  for (const core::DroppedByRule& dropped : entry.dropped) host.dropped_bytes += dropped.bytes;
  for (const core::Loss& loss : entry.losses) {
    const core::UnixNanos since = loss.since + account.row().clock_offset;
    const core::UnixNanos until = loss.until + account.row().clock_offset;
    if (until < range.begin || since >= range.end) continue;
    host.lost_at_least += loss.at_least;
    host.lost_exact = host.lost_exact && loss.exact;
    host.last_loss = std::max(host.last_loss, until);
  }
}

// Several agents of one host: it is as well off as the worst of them.
void merge(HostCoverage& into, const HostCoverage& other) {
  if (rank(other.state) < rank(into.state)) {
    into.state = other.state;
    into.clock_offset = other.clock_offset;
    into.last_heartbeat = other.last_heartbeat;
    into.watermark = other.watermark;
  } else if (rank(other.state) == rank(into.state)) {
    into.watermark = std::min(into.watermark, other.watermark);
    into.last_heartbeat = std::min(into.last_heartbeat, other.last_heartbeat);
    if (into.state == HostState::kEnded) into.state = other.state;
  }
  into.waiting_bytes += other.waiting_bytes;
  into.pending_bytes += other.pending_bytes;
  into.lost_at_least += other.lost_at_least;
  into.lost_exact = into.lost_exact && other.lost_exact;
  into.last_loss = std::max(into.last_loss, other.last_loss);
  into.dropped_bytes += other.dropped_bytes;
}

// Labels of streams that agents declared. `extracted` are names that a pipeline may have added to them.
struct Declared {
  std::set<core::StreamId> streams;
  std::set<std::string> extracted;

  bool has(const core::StreamRef& stream) const {
    if (streams.contains(stream.id)) return true;
    if (extracted.empty()) return false;
    std::vector<core::Label> own;
    for (const core::Label& label : stream.labels->all()) {
      if (!extracted.contains(label.name)) own.push_back(label);
    }
    return own.size() < stream.labels->size() && streams.contains(core::Labels(std::move(own)).stream_id());
  }
};

void add_host(Coverage& coverage, const HostCoverage& host, core::UnixNanos range_end) {
  ++coverage.expected;
  if (host.state == HostState::kBehind) ++coverage.behind;
  if (host.state == HostState::kSilent) ++coverage.silent;
  if (host.state == HostState::kSkewed) ++coverage.skewed;
  if (host.state == HostState::kComplete || host.state == HostState::kEnded) {
    ++coverage.complete;
    const core::UnixNanos through = host.state == HostState::kEnded ? range_end : std::min(range_end, host.watermark);
    coverage.complete_through = std::min(coverage.complete_through.value_or(through), through);
  }
  coverage.lost_at_least += host.lost_at_least;
  coverage.lost_exact = coverage.lost_exact && host.lost_exact;
  coverage.dropped_by_rule_bytes += host.dropped_bytes;
  coverage.pending_bytes += host.pending_bytes;
}

}  // namespace

HostState Fleet::state_of(const Account& account, core::UnixNanos range_end, core::UnixNanos now) const {
  const catalog::FleetAgentRow& row = account.row();
  if (row.ending == core::AgentEnding::kLastWord) return HostState::kEnded;
  const base::nanoseconds offset = row.clock_offset;
  if (offset > options_.skew_max || offset < -options_.skew_max) return HostState::kSkewed;
  if (row.watermark.value != 0 && watermark_of(account) >= std::min(range_end, now - options_.fresh)) {
    return HostState::kComplete;
  }
  const bool stopped = row.ending == core::AgentEnding::kStopped;
  return stopped || now - row.last_heartbeat > options_.silent_after ? HostState::kSilent : HostState::kBehind;
}

// Whether the host may have written something in the range: a silent one may be alive and cut off.
bool Fleet::is_expected(const Account& account, const core::TimeRange& range) const {
  const catalog::FleetAgentRow& row = account.row();
  if (row.retired.value != 0) return false;
  return row.ending != core::AgentEnding::kLastWord || row.last_heartbeat >= range.begin;
}

Coverage Fleet::coverage(const core::CoverageRequest& request) const {
  Coverage coverage;
  coverage.matched = !request.streams.empty();
  coverage.kept_from = request.kept_from;
  std::map<std::string, HostCoverage> hosts;
  Declared declared;
  base::MutexLock lock(mutex_);
  const core::UnixNanos now = executor_.clock().now();
  const auto tenant = tenants_.find(request.tenant);
  if (tenant == tenants_.end()) {
    coverage.unaccounted_streams = request.streams.size();
    return coverage;
  }
  for (const auto& [agent, account] : tenant->second.accounts) {
    const catalog::FleetAgentRow& row = account.row();
    declared.extracted.insert(row.extracted.begin(), row.extracted.end());
    for (const auto& [stream, entries] : account.streams()) declared.streams.insert(stream);
    HostCoverage host;
    bool selected = false;
    bool unreadable = false;
    const core::Labels* last_labels = nullptr;
    bool last_selected = false;
    for (const auto& [generation, entry] : account.entries()) {
      if (last_labels == nullptr || *last_labels != *entry.labels) {
        last_labels = entry.labels.get();
        last_selected = request.selects(*entry.labels, row.extracted);
      }
      if (!last_selected) continue;
      selected = true;
      // The watermark does not speak for such a file.
      unreadable = unreadable || !entry.problem.empty();
      add_entry(host, entry, account, request.range);
    }
    if (!selected) continue;
    coverage.matched = true;
    if (!is_expected(account, request.range)) continue;
    host.host = row.host;
    host.state = state_of(account, request.range.end, now);
    if (unreadable && rank(host.state) == 3) host.state = HostState::kBehind;
    host.watermark = watermark_of(account);
    host.last_heartbeat = row.last_heartbeat;
    host.clock_offset = row.clock_offset;
    const auto [it, is_new] = hosts.try_emplace(row.host, host);
    if (!is_new) merge(it->second, host);
  }
  for (const core::StreamRef& stream : request.streams) {
    if (!declared.has(stream)) ++coverage.unaccounted_streams;
  }
  for (auto& [name, host] : hosts) {
    add_host(coverage, host, request.range.end);
    const bool flawless = rank(host.state) == 3 && host.lost_at_least == 0 && host.lost_exact;
    if (request.all_hosts || !flawless) coverage.hosts.push_back(std::move(host));
  }
  std::stable_sort(coverage.hosts.begin(), coverage.hosts.end(), [](const HostCoverage& a, const HostCoverage& b) {
    return std::pair(rank(a.state), b.lost_at_least) < std::pair(rank(b.state), a.lost_at_least);
  });
  if (!request.all_hosts && coverage.hosts.size() > core::kHostsNamedMax) coverage.hosts.resize(core::kHostsNamedMax);
  return coverage;
}

std::vector<core::FleetHost> Fleet::hosts(const core::TenantId& tenant, const std::string& host, bool files) const {
  std::map<std::string, core::FleetHost> found;
  base::MutexLock lock(mutex_);
  const auto it = tenants_.find(tenant);
  if (it == tenants_.end()) return {};
  const core::UnixNanos now = executor_.clock().now();
  const core::TimeRange all;
  for (const auto& [agent, account] : it->second.accounts) {
    const catalog::FleetAgentRow& row = account.row();
    if (!host.empty() && row.host != host) continue;
    HostCoverage figures;
    figures.host = row.host;
    figures.state = state_of(account, core::UnixNanos::max(), now);
    figures.watermark = watermark_of(account);
    figures.last_heartbeat = row.last_heartbeat;
    figures.clock_offset = row.clock_offset;
    for (const auto& [generation, entry] : account.entries()) add_entry(figures, entry, account, all);
    auto [known, is_new] = found.try_emplace(row.host);
    core::FleetHost& facts = known->second;
    if (is_new) {
      facts.now = figures;
      facts.first_seen = row.first_seen;
      facts.retired = row.retired.value != 0;
    } else {
      merge(facts.now, figures);
      facts.first_seen = std::min(facts.first_seen, row.first_seen);
      facts.retired = facts.retired && row.retired.value != 0;
    }
    facts.version = row.version;
    std::set<std::string_view> paths;
    for (const auto& [generation, entry] : account.entries()) {
      paths.insert(entry.path);
      facts.seen_bytes += entry.unit == core::PositionUnit::kBytes ? entry.seen : 0;
      std::uint64_t lost = 0;
      for (const core::Loss& loss : entry.losses) lost += loss.at_least;
      facts.acked_bytes += entry.unit == core::PositionUnit::kBytes ? entry.acked - std::min(entry.acked, lost) : 0;
      facts.last_write = std::max(facts.last_write, entry.last_write);
      if (files) facts.entries.push_back(entry);
    }
    facts.files += paths.size();
  }
  std::vector<core::FleetHost> list;
  for (auto& [name, facts] : found) {
    std::stable_sort(facts.entries.begin(), facts.entries.end(),
                     [](const core::LedgerEntry& a, const core::LedgerEntry& b) {
                       return std::tie(a.path, a.last_write) < std::tie(b.path, b.last_write);
                     });
    list.push_back(std::move(facts));
  }
  return list;
}

// Metrics of the whole fleet, all tenants together.
void Fleet::count(core::UnixNanos now) {
  std::map<HostState, std::int64_t> states;
  std::int64_t waiting = 0;
  std::int64_t lost = 0;
  std::int64_t inexact = 0;
  std::int64_t dropped = 0;
  std::int64_t oldest = 0;
  for (const auto& [id, tenant] : tenants_) {
    for (const auto& [agent, account] : tenant.accounts) {
      if (account.row().retired.value != 0) continue;
      const HostState state = state_of(account, core::UnixNanos::max(), now);
      ++states[state];
      HostCoverage figures;
      for (const auto& [generation, entry] : account.entries()) {
        add_entry(figures, entry, account, {});
        for (const core::Loss& loss : entry.losses) inexact += loss.exact ? 0 : 1;
      }
      waiting += static_cast<std::int64_t>(figures.waiting_bytes);
      lost += static_cast<std::int64_t>(figures.lost_at_least);
      dropped += static_cast<std::int64_t>(figures.dropped_bytes);
      if (state != HostState::kEnded && account.row().watermark.value != 0) {
        oldest = std::max(oldest, (now - watermark_of(account)).count());
      }
    }
  }
  static constexpr std::pair<HostState, const char*> kNames[] = {{HostState::kComplete, "complete"},
                                                                 {HostState::kBehind, "behind"},
                                                                 {HostState::kSilent, "silent"},
                                                                 {HostState::kSkewed, "skewed"},
                                                                 {HostState::kEnded, "ended"}};
  for (const auto& [state, name] : kNames) {
    metrics_.gauge("cordwood_fleet_agents", "Agents that are not retired, by state.", {{"state", name}})
        .set(states[state]);
  }
  metrics_.gauge("cordwood_fleet_waiting_bytes", "Seen by agents and not stored yet.").set(waiting);
  metrics_.gauge("cordwood_fleet_lost_bytes", "Known to be lost, of all ledgers.").set(lost);
  metrics_.gauge("cordwood_fleet_losses_inexact", "Losses of which the size is not known exactly.").set(inexact);
  metrics_.gauge("cordwood_fleet_dropped_bytes", "Left out by rules of agents.").set(dropped);
  metrics_.gauge("cordwood_fleet_watermark_age_seconds", "Of the agent that is furthest behind.")
      .set(oldest / 1'000'000'000);
}

}  // namespace cordwood::fleet
