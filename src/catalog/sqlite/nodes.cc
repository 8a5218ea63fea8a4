#include "catalog/sqlite/tables.h"

namespace cordwood::catalog {

base::StatusOr<core::InstallationId> installation_id(Database& database, base::Random& random) {
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_write());
  std::optional<core::InstallationId> id;
  {
    Query query(database, "SELECT installation_id FROM catalog_state");
    if (query.next() && !query.is_null(0)) id = core::InstallationId{query.hash(0)};
    RETURN_IF_ERROR(query.status());
  }
  if (!id.has_value()) {
    id = core::InstallationId{random.next_id()};
    RETURN_IF_ERROR(Query(database, "UPDATE catalog_state SET installation_id = ?1", id->value).run());
  }
  RETURN_IF_ERROR(transaction.commit());
  return *id;
}

base::Status set_installation_id(Database& database, core::InstallationId id) {
  return Query(database, "UPDATE catalog_state SET installation_id = ?1", id.value).run();
}

base::Status save_heartbeat(Database& database, const NodeRow& node) {
  return Query(database,
               "INSERT INTO nodes (name, address, roles, heartbeat) VALUES (?1, ?2, ?3, ?4)"
               " ON CONFLICT (name) DO UPDATE SET address = excluded.address, roles = excluded.roles,"
               " heartbeat = excluded.heartbeat",
               node.name, node.address, node.roles, node.heartbeat)
      .run();
}

base::StatusOr<std::vector<NodeRow>> read_nodes(Database& database) {
  Query query(database, "SELECT name, address, roles, heartbeat FROM nodes ORDER BY name");
  std::vector<NodeRow> rows;
  while (query.next()) rows.push_back({query.text(0), query.text(1), query.text(2), query.time(3)});
  RETURN_IF_ERROR(query.status());
  return rows;
}

base::StatusOr<std::uint64_t> begin_node_epoch(Database& database, const std::string& node) {
  Query query(database,
              "INSERT INTO node_epochs (name, epoch) VALUES (?1, 1)"
              " ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1 RETURNING epoch",
              node);
  std::uint64_t epoch = 0;
  if (query.next()) epoch = query.unsigned_integer(0);
  RETURN_IF_ERROR(query.run());
  return epoch;
}

}  // namespace cordwood::catalog
