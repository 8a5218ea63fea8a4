// What the catalog keeps of the fleet: agents as their heartbeats told of them, and their ledgers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/ledger.h"

namespace cordwood::catalog {

// Times are the server's but watermark, which is by the agent's clock.
struct FleetAgentRow {
  core::TenantId tenant;
  core::AgentId agent;
  std::string host;
  std::string version;
  core::UnixNanos first_seen;
  core::UnixNanos last_heartbeat;
  core::UnixNanos watermark;
  base::nanoseconds clock_offset{0};
  core::AgentEnding ending = core::AgentEnding::kNone;
  core::UnixNanos retired;             // 0: it is not
  std::vector<std::string> extracted;  // valid label names
  bool operator==(const FleetAgentRow&) const = default;
};

struct FleetAgentKey {
  core::TenantId tenant;
  core::AgentId agent;
  auto operator<=>(const FleetAgentKey&) const = default;
};

struct LedgerKey {
  FleetAgentKey agent;
  core::GenerationId generation;
  auto operator<=>(const LedgerKey&) const = default;
};

struct LedgerRow {
  FleetAgentKey agent;
  core::LedgerEntry entry;
};

// All of it or nothing. Removals happen first; what is not there is no error.
struct FleetChange {
  std::vector<FleetAgentKey> remove_agents;  // with their entries
  std::vector<LedgerKey> remove_entries;
  std::vector<FleetAgentRow> upsert_agents;
  std::vector<LedgerRow> upsert_entries;
  bool empty() const {
    return remove_agents.empty() && remove_entries.empty() && upsert_agents.empty() && upsert_entries.empty();
  }
};

// By key.
struct FleetRows {
  std::vector<FleetAgentRow> agents;
  std::vector<LedgerRow> entries;
};

}  // namespace cordwood::catalog
