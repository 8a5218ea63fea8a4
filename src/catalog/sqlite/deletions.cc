#include "catalog/sqlite/tables.h"

namespace cordwood::catalog {

base::Status add_records_removed(Database& database, const std::vector<Change::Removed>& removed) {
  for (const Change::Removed& one : removed) {
    RETURN_IF_ERROR(Query(database, "UPDATE deletions SET records_removed = records_removed + ?2 WHERE id = ?1",
                          one.deletion, one.records)
                        .run());
  }
  return base::ok_status();
}

// removed_at is 0 while records wait: no clock of ours says 1970.
base::Status save_deletion(Database& database, const DeletionRow& row) {
  return Query(database,
               "INSERT INTO deletions (id, tenant, query, time_begin, time_end, created, node, sequence,"
               " records_removed, removed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
               " ON CONFLICT (id) DO UPDATE SET removed_at = excluded.removed_at",
               row.id, row.tenant.value, row.query, row.range.begin, row.range.end, row.created, row.node, row.sequence,
               row.records_removed, row.removed.value_or(core::UnixNanos{0}))
      .run();
}

base::Status forget_deletion(Database& database, std::uint64_t id) {
  return Query(database, "DELETE FROM deletions WHERE id = ?1", id).run();
}

base::StatusOr<std::vector<DeletionRow>> read_deletions(Database& database) {
  Query query(database,
              "SELECT id, tenant, query, time_begin, time_end, created, node, sequence, records_removed, removed_at"
              " FROM deletions ORDER BY id");
  std::vector<DeletionRow> rows;
  while (query.next()) {
    DeletionRow row;
    row.id = query.unsigned_integer(0);
    row.tenant = {query.text(1)};
    row.query = query.text(2);
    row.range = {query.time(3), query.time(4)};
    row.created = query.time(5);
    row.node = query.text(6);
    row.sequence = query.unsigned_integer(7);
    row.records_removed = query.unsigned_integer(8);
    if (query.integer(9) != 0) row.removed = query.time(9);
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(query.status());
  return rows;
}

base::Status save_retention(Database& database, const RetentionRow& row) {
  return Query(database,
               "INSERT INTO retention (tenant, retention_class, selector, keep, retired) VALUES (?1, ?2, ?3, ?4, ?5)"
               " ON CONFLICT (tenant, retention_class) DO UPDATE SET selector = excluded.selector,"
               " keep = excluded.keep, retired = excluded.retired",
               row.tenant.value, row.retention_class, row.selector, std::int64_t{row.keep.count()},
               std::int64_t{row.retired ? 1 : 0})
      .run();
}

base::Status forget_retention(Database& database, const core::TenantId& tenant, std::uint32_t retention_class) {
  return Query(database, "DELETE FROM retention WHERE tenant = ?1 AND retention_class = ?2", tenant.value,
               retention_class)
      .run();
}

base::StatusOr<std::vector<RetentionRow>> read_retention(Database& database) {
  Query query(database,
              "SELECT tenant, retention_class, selector, keep, retired FROM retention"
              " ORDER BY tenant, retention_class");
  std::vector<RetentionRow> rows;
  while (query.next()) {
    rows.push_back({{query.text(0)},
                    static_cast<std::uint32_t>(query.integer(1)),
                    query.text(2),
                    base::nanoseconds(query.integer(3)),
                    query.integer(4) != 0});
  }
  RETURN_IF_ERROR(query.status());
  return rows;
}

}  // namespace cordwood::catalog
