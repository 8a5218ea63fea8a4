#include "catalog/check_change.h"
#include "catalog/sqlite/tables.h"

namespace cordwood::catalog {
namespace {

// Every list of columns of `parts` in this file.
constexpr std::string_view kSelectLive =
    "SELECT id, tenant, partition_day, level, retention_class, object_key, time_first, time_last, records, raw_bytes,"
    " stored_bytes, deletions_applied FROM parts WHERE removed_at IS NULL AND time_first < ?1 AND time_last >= ?2"
    " ORDER BY time_last DESC, id";
constexpr std::string_view kSelectLiveOfTenant =
    "SELECT id, tenant, partition_day, level, retention_class, object_key, time_first, time_last, records, raw_bytes,"
    " stored_bytes, deletions_applied FROM parts WHERE removed_at IS NULL AND time_first < ?1 AND time_last >= ?2 AND "
    "tenant = ?3"
    " ORDER BY time_last DESC, id";
constexpr std::string_view kSelectRemoved =
    "SELECT id, tenant, partition_day, level, retention_class, object_key, time_first, time_last, records, raw_bytes,"
    " stored_bytes, deletions_applied FROM parts WHERE removed_at < ?1 ORDER BY removed_at, id LIMIT ?2";

PartRow read_part(const Query& query) {
  PartRow part;
  part.id = {query.unsigned_integer(0)};
  part.tenant = {query.text(1)};
  part.partition_day = static_cast<std::int32_t>(query.integer(2));
  part.level = static_cast<std::uint32_t>(query.integer(3));
  part.retention_class = static_cast<std::uint32_t>(query.integer(4));
  part.object_key = query.text(5);
  part.times = {query.time(6), query.time(7)};
  part.records = query.unsigned_integer(8);
  part.raw_bytes = query.unsigned_integer(9);
  part.stored_bytes = query.unsigned_integer(10);
  part.deletions_applied = query.unsigned_integer(11);
  return part;
}

base::StatusOr<CatalogVersion> read_version(Database& database) {
  Query query(database, "SELECT version FROM catalog_state");
  CatalogVersion version;
  if (query.next()) version = {query.unsigned_integer(0)};
  RETURN_IF_ERROR(query.status());
  return version;
}

base::StatusOr<PartId> insert_part(Database& database, const PartRow& part) {
  Query query(
      database,
      "INSERT INTO parts (tenant, partition_day, level, retention_class, object_key, time_first, time_last,"
      " records, raw_bytes, stored_bytes, deletions_applied) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
      " RETURNING id",
      part.tenant.value, part.partition_day, part.level, part.retention_class, part.object_key, part.times.first,
      part.times.last, part.records, part.raw_bytes, part.stored_bytes, part.deletions_applied);
  PartId id;
  if (query.next()) id = {query.unsigned_integer(0)};
  if (query.run().code() == base::StatusCode::kAlreadyExists) return object_key_taken(part.object_key);
  RETURN_IF_ERROR(query.status());
  return id;
}

base::Status remove_part(Database& database, PartId part, core::UnixNanos now) {
  RETURN_IF_ERROR(
      Query(database, "UPDATE parts SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL", part.value, now).run());
  return database.changes() == 1 ? base::ok_status() : not_live(part);
}

base::Status raise_applied(Database& database, const Change::Applied& applied) {
  RETURN_IF_ERROR(Query(database,
                        "UPDATE parts SET deletions_applied = max(deletions_applied, ?2)"
                        " WHERE id = ?1 AND removed_at IS NULL",
                        applied.part.value, applied.deletions)
                      .run());
  return database.changes() == 1 ? base::ok_status() : not_live(applied.part);
}

base::Status move_progress(Database& database, const JournalProgress& next, bool inserts_parts) {
  {
    Query query(database, "SELECT epoch, sequence FROM journals WHERE node = ?1", next.node);
    if (query.next()) {
      const JournalProgress current{next.node, query.unsigned_integer(0), query.unsigned_integer(1)};
      RETURN_IF_ERROR(check_progress(current, next, inserts_parts));
    }
    RETURN_IF_ERROR(query.status());
  }
  return Query(database,
               "INSERT INTO journals (node, epoch, sequence) VALUES (?1, ?2, ?3)"
               " ON CONFLICT (node) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence",
               next.node, next.epoch, next.sequence)
      .run();
}

base::StatusOr<ChangeResult> apply_change(Database& database, const Change& change, core::UnixNanos now) {
  if (change.guard.has_value()) RETURN_IF_ERROR(check_guard(database, *change.guard));
  if (change.flushed_through.has_value()) {
    RETURN_IF_ERROR(move_progress(database, *change.flushed_through, !change.insert_parts.empty()));
  }
  for (const PartId part : change.remove_parts) RETURN_IF_ERROR(remove_part(database, part, now));
  for (const Change::Applied& applied : change.raise_deletions_applied) {
    RETURN_IF_ERROR(raise_applied(database, applied));
  }
  RETURN_IF_ERROR(add_records_removed(database, change.records_removed));
  ChangeResult result;
  for (const PartRow& part : change.insert_parts) {
    ASSIGN_OR_RETURN(const PartId id, insert_part(database, part));
    result.inserted.push_back(id);
  }
  for (const core::SourceId& source : change.remove_sources) RETURN_IF_ERROR(remove_source(database, source));
  for (const SourceRow& source : change.upsert_sources) RETURN_IF_ERROR(upsert_source(database, source));
  RETURN_IF_ERROR(insert_body_hashes(database, change.insert_body_hashes, now));
  if (!change.insert_parts.empty() || !change.remove_parts.empty()) {
    RETURN_IF_ERROR(database.execute("UPDATE catalog_state SET version = version + 1"));
  }
  ASSIGN_OR_RETURN(result.version, read_version(database));
  return result;
}

}  // namespace

base::StatusOr<ChangeResult> commit_change(Database& database, const Change& change, core::UnixNanos now) {
  RETURN_IF_ERROR(check_change(change));
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_write());
  ASSIGN_OR_RETURN(ChangeResult result, apply_change(database, change, now));
  RETURN_IF_ERROR(transaction.commit());
  return result;
}

base::StatusOr<Snapshot> read_snapshot(Database& database, const std::optional<core::TenantId>& tenant,
                                       core::TimeRange range) {
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_read());
  Snapshot snapshot;
  ASSIGN_OR_RETURN(snapshot.version, read_version(database));
  if (!range.empty()) {
    const auto read_rows = [&snapshot](Query& query) {
      while (query.next()) snapshot.parts.push_back(read_part(query));
      return query.status();
    };
    if (tenant.has_value()) {
      Query query(database, kSelectLiveOfTenant, range.end, range.begin, tenant->value);
      RETURN_IF_ERROR(read_rows(query));
    } else {
      Query query(database, kSelectLive, range.end, range.begin);
      RETURN_IF_ERROR(read_rows(query));
    }
  }
  {
    Query query(database, "SELECT node, epoch, sequence FROM journals ORDER BY node");
    while (query.next()) {
      snapshot.journals.push_back({query.text(0), query.unsigned_integer(1), query.unsigned_integer(2)});
    }
    RETURN_IF_ERROR(query.status());
  }
  RETURN_IF_ERROR(transaction.commit());
  return snapshot;
}

base::StatusOr<std::vector<PartRow>> read_removed_parts(Database& database, core::UnixNanos removed_before,
                                                        std::size_t limit) {
  const std::int64_t rows_max = static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX));
  Query query(database, kSelectRemoved, removed_before, rows_max);
  std::vector<PartRow> parts;
  while (query.next()) parts.push_back(read_part(query));
  RETURN_IF_ERROR(query.status());
  return parts;
}

base::Status forget_parts(Database& database, const std::vector<PartId>& parts) {
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_write());
  for (const PartId part : parts) {
    Query live(database, "SELECT 1 FROM parts WHERE id = ?1 AND removed_at IS NULL", part.value);
    if (live.next()) return base::failed_precondition_error("forget part {}: it is live", part.value);
    RETURN_IF_ERROR(live.status());
    RETURN_IF_ERROR(Query(database, "DELETE FROM parts WHERE id = ?1", part.value).run());
  }
  return transaction.commit();
}

}  // namespace cordwood::catalog
