#include <algorithm>
#include <limits>

#include "catalog/sqlite/tables.h"

namespace cordwood::catalog {
namespace {

base::Status remove_agent(Database& database, const FleetAgentKey& key) {
  for (const std::string_view sql : {"DELETE FROM ledger_losses WHERE tenant = ?1 AND agent = ?2",
                                     "DELETE FROM ledger_drops WHERE tenant = ?1 AND agent = ?2",
                                     "DELETE FROM ledger WHERE tenant = ?1 AND agent = ?2",
                                     "DELETE FROM fleet_agents WHERE tenant = ?1 AND agent = ?2"}) {
    RETURN_IF_ERROR(Query(database, sql, key.tenant.value, key.agent.value).run());
  }
  return base::ok_status();
}

base::Status remove_entry(Database& database, const LedgerKey& key) {
  for (const std::string_view sql : {"DELETE FROM ledger_losses WHERE tenant = ?1 AND agent = ?2 AND generation = ?3",
                                     "DELETE FROM ledger_drops WHERE tenant = ?1 AND agent = ?2 AND generation = ?3",
                                     "DELETE FROM ledger WHERE tenant = ?1 AND agent = ?2 AND generation = ?3"}) {
    RETURN_IF_ERROR(Query(database, sql, key.agent.tenant.value, key.agent.agent.value, key.generation.value).run());
  }
  return base::ok_status();
}

// Label names hold no comma.
std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

base::Status upsert_agent(Database& database, const FleetAgentRow& row) {
  return Query(database,
               "INSERT OR REPLACE INTO fleet_agents (tenant, agent, host, version, first_seen, last_heartbeat,"
               " watermark, clock_offset, ending, retired, extracted)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
               row.tenant.value, row.agent.value, row.host, row.version, row.first_seen, row.last_heartbeat,
               row.watermark, std::int64_t{row.clock_offset.count()}, static_cast<std::int64_t>(row.ending),
               row.retired, joined(row.extracted))
      .run();
}

base::Status insert_losses(Database& database, const LedgerRow& row) {
  std::int64_t number = 0;
  for (const core::Loss& loss : row.entry.losses) {
    RETURN_IF_ERROR(Query(database,
                          "INSERT INTO ledger_losses (tenant, agent, generation, number, loss_begin, at_least, exact,"
                          " since, until, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                          row.agent.tenant.value, row.agent.agent.value, row.entry.generation.value, number++,
                          loss.begin, loss.at_least, std::int64_t{loss.exact ? 1 : 0}, loss.since, loss.until,
                          static_cast<std::int64_t>(loss.reason))
                        .run());
  }
  return base::ok_status();
}

base::Status upsert_entry(Database& database, const LedgerRow& row) {
  const core::LedgerEntry& entry = row.entry;
  RETURN_IF_ERROR(remove_entry(database, {row.agent, entry.generation}));
  RETURN_IF_ERROR(Query(database,
                        "INSERT INTO ledger (tenant, agent, generation, path, labels, unit, state, seen, acked,"
                        " pending, last_write, last_read, problem)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                        row.agent.tenant.value, row.agent.agent.value, entry.generation.value, Blob{entry.path},
                        entry.labels == nullptr ? std::string("{}") : entry.labels->to_text(),
                        static_cast<std::int64_t>(entry.unit), static_cast<std::int64_t>(entry.state), entry.seen,
                        entry.acked, entry.pending, entry.last_write, entry.last_read, Blob{entry.problem})
                      .run());
  for (const core::DroppedByRule& dropped : entry.dropped) {
    RETURN_IF_ERROR(Query(database,
                          "INSERT OR REPLACE INTO ledger_drops (tenant, agent, generation, rule, bytes, records)"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                          row.agent.tenant.value, row.agent.agent.value, entry.generation.value, Blob{dropped.rule},
                          dropped.bytes, dropped.records)
                        .run());
  }
  return insert_losses(database, row);
}

LedgerKey key_of(const LedgerRow& row) {
  return {row.agent, row.entry.generation};
}

// Columns 0 to 2 of each ledger table.
LedgerKey read_key(Query& query) {
  LedgerKey key;
  key.agent.tenant = {query.text(0)};
  key.agent.agent = {query.hash(1)};
  key.generation = {query.hash(2)};
  return key;
}

// A stored number that must be an enum's value.
template <typename Enum>
Enum read_enum(Query& query, int column, Enum last) {
  const std::int64_t value = query.integer(column);
  if (value < 0 || value > static_cast<std::int64_t>(last)) {
    query.fail(base::data_loss_error("catalog: value {} in column {} is not one this program writes", value, column));
    return {};
  }
  return static_cast<Enum>(value);
}

base::Status read_agents(Database& database, std::vector<FleetAgentRow>& rows) {
  Query query(database,
              "SELECT tenant, agent, host, version, first_seen, last_heartbeat, watermark, clock_offset, ending,"
              " retired, extracted FROM fleet_agents");
  while (query.next()) {
    FleetAgentRow& row = rows.emplace_back();
    row.tenant = {query.text(0)};
    row.agent = {query.hash(1)};
    row.host = query.text(2);
    row.version = query.text(3);
    row.first_seen = query.time(4);
    row.last_heartbeat = query.time(5);
    row.watermark = query.time(6);
    row.clock_offset = base::nanoseconds(query.integer(7));
    row.ending = read_enum(query, 8, core::AgentEnding::kLastWord);
    row.retired = query.time(9);
    row.extracted = split(query.bytes(10));
  }
  return query.status();
}

base::Status read_entries(Database& database, std::vector<LedgerRow>& rows) {
  Query query(database,
              "SELECT tenant, agent, generation, path, labels, unit, state, seen, acked, pending, last_write,"
              " last_read, problem FROM ledger");
  while (query.next()) {
    LedgerRow& row = rows.emplace_back();
    const LedgerKey key = read_key(query);
    row.agent = key.agent;
    core::LedgerEntry& entry = row.entry;
    entry.generation = key.generation;
    entry.path = query.text(3);
    base::StatusOr<core::Labels> labels = core::parse_labels(query.bytes(4));
    if (!labels.ok())
      return base::data_loss_error("catalog: labels of {}: {}", entry.path, base::message_of(labels.status()));
    entry.labels = std::make_shared<const core::Labels>(std::move(labels).value());
    entry.unit = read_enum(query, 5, core::PositionUnit::kRecords);
    entry.state = read_enum(query, 6, core::GenerationState::kMissing);
    entry.seen = query.unsigned_integer(7);
    entry.acked = query.unsigned_integer(8);
    entry.pending = query.unsigned_integer(9);
    entry.last_write = query.time(10);
    entry.last_read = query.time(11);
    entry.problem = query.text(12);
  }
  return query.status();
}

// The entry with `key` in rows that are sorted by key, or null.
core::LedgerEntry* find_entry(std::vector<LedgerRow>& rows, const LedgerKey& key) {
  const auto before = [](const LedgerRow& row, const LedgerKey& wanted) { return key_of(row) < wanted; };
  const auto it = std::lower_bound(rows.begin(), rows.end(), key, before);
  if (it == rows.end() || key_of(*it) != key) return nullptr;
  return &it->entry;
}

base::Status read_drops(Database& database, std::vector<LedgerRow>& rows) {
  Query query(database, "SELECT tenant, agent, generation, rule, bytes, records FROM ledger_drops ORDER BY rule");
  while (query.next()) {
    if (core::LedgerEntry* entry = find_entry(rows, read_key(query)); entry != nullptr) {
      entry->dropped.push_back({query.text(3), query.unsigned_integer(4), query.unsigned_integer(5)});
    }
  }
  return query.status();
}

base::Status read_losses(Database& database, std::vector<LedgerRow>& rows) {
  Query query(database,
              "SELECT tenant, agent, generation, loss_begin, at_least, exact, since, until, reason FROM ledger_losses "
              "ORDER BY number");
  while (query.next()) {
    if (core::LedgerEntry* entry = find_entry(rows, read_key(query)); entry != nullptr) {
      entry->losses.push_back({query.unsigned_integer(3), query.unsigned_integer(4), query.integer(5) != 0,
                               query.time(6), query.time(7), read_enum(query, 8, core::LossReason::kRefused)});
    }
  }
  return query.status();
}

}  // namespace

base::Status save_fleet(Database& database, const FleetChange& change) {
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_write());
  for (const FleetAgentKey& key : change.remove_agents) RETURN_IF_ERROR(remove_agent(database, key));
  for (const LedgerKey& key : change.remove_entries) RETURN_IF_ERROR(remove_entry(database, key));
  for (const FleetAgentRow& row : change.upsert_agents) RETURN_IF_ERROR(upsert_agent(database, row));
  for (const LedgerRow& row : change.upsert_entries) RETURN_IF_ERROR(upsert_entry(database, row));
  return transaction.commit();
}

base::StatusOr<FleetRows> read_fleet(Database& database) {
  FleetRows rows;
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_read());
  RETURN_IF_ERROR(read_agents(database, rows.agents));
  RETURN_IF_ERROR(read_entries(database, rows.entries));
  // SQLite orders ids by their bytes, we by their value.
  std::sort(rows.agents.begin(), rows.agents.end(), [](const FleetAgentRow& a, const FleetAgentRow& b) {
    return FleetAgentKey{a.tenant, a.agent} < FleetAgentKey{b.tenant, b.agent};
  });
  std::sort(rows.entries.begin(), rows.entries.end(),
            [](const LedgerRow& a, const LedgerRow& b) { return key_of(a) < key_of(b); });
  RETURN_IF_ERROR(read_drops(database, rows.entries));
  RETURN_IF_ERROR(read_losses(database, rows.entries));
  return rows;
}

}  // namespace cordwood::catalog
