#include "fleet/account.h"

#include <algorithm>

namespace cordwood::fleet {
namespace {

bool worth_keeping(const core::LedgerEntry& entry) {
  return !entry.losses.empty() || !entry.dropped.empty();
}

}  // namespace

void Account::put(core::LedgerEntry entry) {
  erase(entry.generation);
  ++streams_[entry.labels->stream_id()];
  changed_.insert(entry.generation);
  const core::GenerationId generation = entry.generation;
  entries_.insert_or_assign(generation, std::move(entry));
}

bool Account::erase(const core::GenerationId& generation) {
  const auto it = entries_.find(generation);
  if (it == entries_.end()) return false;
  const auto labels = streams_.find(it->second.labels->stream_id());
  if (--labels->second == 0) streams_.erase(labels);
  entries_.erase(it);
  changed_.insert(generation);
  return true;
}

void Account::restore(core::LedgerEntry entry) {
  put(std::move(entry));
  changed_.clear();
}

void Account::agent_forgot(const core::GenerationId& generation) {
  const auto it = entries_.find(generation);
  if (it == entries_.end()) return;
  core::LedgerEntry& entry = it->second;
  const bool last_of_its_labels = streams_[entry.labels->stream_id()] == 1;
  if (!worth_keeping(entry) && !last_of_its_labels) {
    erase(generation);
    return;
  }
  entry.state = core::GenerationState::kFinished;
  entry.pending = 0;
  entry.seen = entry.acked;
  entry.problem.clear();
  changed_.insert(generation);
}

bool Account::take(const core::Heartbeat& heartbeat, core::UnixNanos arrival) {
  const bool repeated = heartbeat.sequence == sequence_ && heartbeat.epoch == epoch_;
  const bool next = heartbeat.sequence == sequence_ + 1 && sequence_ != 0;
  epoch_ = heartbeat.epoch;
  sequence_ = heartbeat.sequence;
  if (heartbeat.account_begins && !repeated) {
    beginning_ = true;
    unnamed_.clear();
    for (const auto& [generation, entry] : entries_) unnamed_.insert(generation);
  } else if (!next && !repeated) {
    whole_ = beginning_ = false;
  }
  row_.host = heartbeat.host;
  row_.version = heartbeat.version;
  row_.last_heartbeat = arrival;
  row_.clock_offset = heartbeat.clock_offset;
  row_.ending = heartbeat.ending;
  row_.extracted = heartbeat.extracted;
  row_.retired = {0};
  row_changed_ = true;
  for (const core::LedgerEntry& entry : heartbeat.entries) {
    unnamed_.erase(entry.generation);
    if (entry.forgotten) {
      agent_forgot(entry.generation);
    } else {
      put(entry);
    }
  }
  if (beginning_ && heartbeat.account_ends) {
    for (const core::GenerationId& generation : std::exchange(unnamed_, {})) agent_forgot(generation);
    beginning_ = false;
    whole_ = true;
  }
  if (whole_) row_.watermark = heartbeat.watermark;
  return whole_ || beginning_;
}

void Account::succeed(Account& predecessor) {
  for (const auto& [generation, entry] : predecessor.entries_) {
    if (entries_.contains(generation)) continue;
    put(entry);
    agent_forgot(generation);
  }
  row_.first_seen = std::min(row_.first_seen, predecessor.row_.first_seen);
  row_changed_ = true;
}

void Account::retire(core::UnixNanos now) {
  row_.retired = now;
  row_changed_ = true;
}

void Account::forget_older_than(core::UnixNanos before) {
  std::vector<core::GenerationId> old;
  for (const auto& [generation, entry] : entries_) {
    core::UnixNanos last = std::max(entry.last_write, entry.last_read);
    for (const core::Loss& loss : entry.losses) last = std::max(last, loss.until);
    if (entry.state == core::GenerationState::kFinished && last < before) old.push_back(generation);
  }
  for (const core::GenerationId& generation : old) erase(generation);
}

bool Account::take_changes(std::size_t rows_max, catalog::FleetChange& change) {
  if (row_changed_) change.upsert_agents.push_back(row_);
  row_changed_ = false;
  std::size_t rows = 0;
  while (!changed_.empty() && rows++ < rows_max) {
    const core::GenerationId generation = *changed_.begin();
    changed_.erase(changed_.begin());
    const auto it = entries_.find(generation);
    if (it == entries_.end()) {
      change.remove_entries.push_back({key(), generation});
    } else {
      change.upsert_entries.push_back({key(), it->second});
    }
  }
  return !changed_.empty();
}

void Account::give_back(const catalog::FleetChange& change) {
  for (const catalog::FleetAgentRow& row : change.upsert_agents) {
    if (row.agent == row_.agent && row.tenant == row_.tenant) row_changed_ = true;
  }
  for (const catalog::LedgerKey& removed : change.remove_entries) {
    if (removed.agent == key()) changed_.insert(removed.generation);
  }
  for (const catalog::LedgerRow& row : change.upsert_entries) {
    if (row.agent == key()) changed_.insert(row.entry.generation);
  }
}

}  // namespace cordwood::fleet
