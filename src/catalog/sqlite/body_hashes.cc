#include "catalog/sqlite/tables.h"

namespace cordwood::catalog {
namespace {

base::Status delete_expired(Database& database, core::UnixNanos now) {
  return Query(database, "DELETE FROM body_hashes WHERE expires <= ?1", now).run();
}

}  // namespace

base::Status insert_body_hashes(Database& database, const std::vector<BodyHashRow>& rows, core::UnixNanos now) {
  if (rows.empty()) return base::ok_status();
  // On the way, so that the table does not grow while nobody reads it.
  RETURN_IF_ERROR(delete_expired(database, now));
  for (const BodyHashRow& row : rows) {
    RETURN_IF_ERROR(Query(database, "INSERT INTO body_hashes (hash, expires) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                          row.hash, row.expires)
                        .run());
  }
  return base::ok_status();
}

base::StatusOr<std::vector<BodyHashRow>> read_body_hashes(Database& database, core::UnixNanos now) {
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_write());
  RETURN_IF_ERROR(delete_expired(database, now));
  std::vector<BodyHashRow> rows;
  {
    Query query(database, "SELECT hash, expires FROM body_hashes ORDER BY expires, hash");
    while (query.next()) rows.push_back({query.hash(0), query.time(1)});
    RETURN_IF_ERROR(query.status());
  }
  RETURN_IF_ERROR(transaction.commit());
  return rows;
}

}  // namespace cordwood::catalog
