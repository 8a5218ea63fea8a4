#include "catalog/check_change.h"
#include "catalog/sqlite/tables.h"

namespace cordwood::catalog {
namespace {

AgentRow read_row(Query& query) {
  AgentRow row;
  row.agent = {query.hash(0)};
  row.tenant = {query.text(1)};
  row.host = query.text(2);
  row.epoch = query.unsigned_integer(3);
  row.nonce = query.hash(4);
  row.last_seen = query.time(5);
  return row;
}

}  // namespace

base::StatusOr<std::optional<AgentRow>> read_agent(Database& database, core::AgentId agent) {
  Query query(database, "SELECT agent, tenant, host, epoch, nonce, last_seen FROM agents WHERE agent = ?1",
              agent.value);
  std::optional<AgentRow> row;
  if (query.next()) row = read_row(query);
  RETURN_IF_ERROR(query.status());
  return row;
}

base::Status save_agent(Database& database, const AgentRow& row, std::optional<std::uint64_t> expected_epoch) {
  if (!expected_epoch.has_value()) {
    RETURN_IF_ERROR(Query(database,
                          "INSERT INTO agents (agent, tenant, host, epoch, nonce, last_seen)"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                          row.agent.value, row.tenant.value, row.host, row.epoch, row.nonce, row.last_seen)
                        .run());
  } else {
    RETURN_IF_ERROR(Query(database,
                          "UPDATE agents SET tenant = ?2, host = ?3, epoch = ?4, nonce = ?5, last_seen = ?6"
                          " WHERE agent = ?1 AND epoch = ?7",
                          row.agent.value, row.tenant.value, row.host, row.epoch, row.nonce, row.last_seen,
                          *expected_epoch)
                        .run());
  }
  return database.changes() == 1 ? base::ok_status() : agent_epoch_moved(row, expected_epoch);
}

base::StatusOr<std::vector<AgentRow>> read_agents(Database& database, const core::TenantId& tenant) {
  Query query(database,
              "SELECT agent, tenant, host, epoch, nonce, last_seen FROM agents WHERE tenant = ?1"
              " ORDER BY host, last_seen, epoch",
              tenant.value);
  std::vector<AgentRow> rows;
  while (query.next()) rows.push_back(read_row(query));
  RETURN_IF_ERROR(query.status());
  return rows;
}

}  // namespace cordwood::catalog
