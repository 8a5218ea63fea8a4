// Account: what the server knows of one agent: its last heartbeat and the ledger of its generations.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "catalog/fleet_rows.h"
#include "core/coverage.h"
#include "core/ledger.h"

namespace cordwood::fleet {

// Not thread-safe.
class Account {
 public:
  explicit Account(catalog::FleetAgentRow row) : row_(std::move(row)) {}

  const catalog::FleetAgentRow& row() const { return row_; }
  const std::map<core::GenerationId, core::LedgerEntry>& entries() const { return entries_; }
  // The labels of entries, and how many have them.
  const std::map<core::StreamId, std::size_t>& streams() const { return streams_; }
  catalog::FleetAgentKey key() const { return {row_.tenant, row_.agent}; }

  // An entry of the catalog.
  void restore(core::LedgerEntry entry);

  // Takes the heartbeat over. False when the account has a gap: the agent is to send all of it. The watermark is
  // believed only when the account is whole.
  bool take(const core::Heartbeat& heartbeat, core::UnixNanos arrival);
  // An older epoch than one seen before: a copy of this agent's state.
  bool is_old_epoch(std::uint64_t epoch) const { return epoch < epoch_; }

  // The generation is another agent's now. True when it was here.
  bool give_away(const core::GenerationId& generation) { return erase(generation); }
  // Takes over what a predecessor on the same host had left: its losses, drops and labels.
  void succeed(Account& predecessor);
  void retire(core::UnixNanos now);
  // Entries that no query needs any more: nothing was written since `before`.
  void forget_older_than(core::UnixNanos before);

  // What changed since the last call, at most `rows_max` entries; true when there is more. Whoever could not save it
  // gives it back.
  bool take_changes(std::size_t rows_max, catalog::FleetChange& change);
  void give_back(const catalog::FleetChange& change);

 private:
  void put(core::LedgerEntry entry);
  bool erase(const core::GenerationId& generation);
  // The agent no longer keeps it: so that its losses, and whose stream it is, are not forgotten, one entry of its
  // labels stays, and each one with a loss or a drop.
  void agent_forgot(const core::GenerationId& generation);

  catalog::FleetAgentRow row_;
  std::map<core::GenerationId, core::LedgerEntry> entries_;
  std::map<core::StreamId, std::size_t> streams_;

  // Of the agent's run and of this server's: 0 before the first heartbeat.
  std::uint64_t sequence_ = 0;
  std::uint64_t epoch_ = 0;
  bool whole_ = false;
  bool beginning_ = false;                // between account_begins and account_ends
  std::set<core::GenerationId> unnamed_;  // while beginning: entries that it has not named yet

  bool row_changed_ = false;
  std::set<core::GenerationId> changed_;  // gone ones included
};

}  // namespace cordwood::fleet
