#include <cstring>
#include <memory>

#include "catalog/sqlite/tables.h"

namespace cordwood::catalog {
namespace {

constexpr std::size_t kLadderEntryBytes = 4 + 16;

constexpr std::string_view kSelectSources =
    "SELECT tenant, host, generation, path, labels, ladder, unit, base_offset, base_hash, mark_offset, mark_hash,"
    " updated FROM sources WHERE (?1 = '' OR tenant = ?1) AND (?2 = 0 OR host = ?3)"
    " ORDER BY tenant, host, generation";

std::string ladder_bytes(const std::vector<core::HeadHash>& ladder) {
  std::string out;
  out.reserve(ladder.size() * kLadderEntryBytes);
  for (const core::HeadHash& entry : ladder) {
    out.append(reinterpret_cast<const char*>(&entry.bytes), 4);
    base::append_bytes(entry.hash, out);
  }
  return out;
}

bool parse_ladder(std::string_view bytes, std::vector<core::HeadHash>& ladder) {
  if (bytes.size() % kLadderEntryBytes != 0) return false;
  for (; !bytes.empty(); bytes.remove_prefix(kLadderEntryBytes)) {
    core::HeadHash entry;
    std::memcpy(&entry.bytes, bytes.data(), 4);
    entry.hash = base::hash128_from_bytes(bytes.data() + 4);
    ladder.push_back(entry);
  }
  return true;
}

SourceRow read_source(Query& query, const std::string& path) {
  SourceRow row;
  row.info.id = {{query.text(0)}, query.text(1), {query.hash(2)}};
  row.info.path = query.text(3);
  auto labels = core::parse_labels(query.bytes(4));
  if (labels.ok()) {
    row.info.labels = std::make_shared<const core::Labels>(*std::move(labels));
  } else {
    query.fail(base::data_loss_error("catalog {}: labels of source {}: {}", path,
                                     base::to_hex(row.info.id.generation.value), base::message_of(labels.status())));
  }
  if (!parse_ladder(query.bytes(5), row.info.ladder)) {
    query.fail(base::data_loss_error("catalog {}: ladder of source {}: found_bytes={} is not a multiple of {}", path,
                                     base::to_hex(row.info.id.generation.value), query.bytes(5).size(),
                                     kLadderEntryBytes));
  }
  row.info.unit = query.integer(6) == 0 ? core::PositionUnit::kBytes : core::PositionUnit::kRecords;
  row.info.base = {query.unsigned_integer(7), query.hash(8)};
  row.mark = {query.unsigned_integer(9), query.hash(10)};
  row.updated = query.time(11);
  return row;
}

}  // namespace

base::Status upsert_source(Database& database, const SourceRow& row) {
  const std::string labels = row.info.labels == nullptr ? "{}" : row.info.labels->to_text();
  const std::string ladder = ladder_bytes(row.info.ladder);
  return Query(database,
               "INSERT INTO sources (tenant, host, generation, path, labels, ladder, unit, base_offset, base_hash,"
               " mark_offset, mark_hash, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
               " ON CONFLICT (tenant, host, generation) DO UPDATE SET path = excluded.path, labels = excluded.labels,"
               " ladder = excluded.ladder, unit = excluded.unit, base_offset = excluded.base_offset,"
               " base_hash = excluded.base_hash, mark_offset = excluded.mark_offset, mark_hash = excluded.mark_hash,"
               " updated = excluded.updated",
               row.info.id.tenant.value, row.info.id.host, row.info.id.generation.value, Blob{row.info.path}, labels,
               Blob{ladder}, static_cast<std::int32_t>(row.info.unit), row.info.base.offset, row.info.base.hash,
               row.mark.offset, row.mark.hash, row.updated)
      .run();
}

base::Status remove_source(Database& database, const core::SourceId& id) {
  return Query(database, "DELETE FROM sources WHERE tenant = ?1 AND host = ?2 AND generation = ?3", id.tenant.value,
               id.host, id.generation.value)
      .run();
}

base::StatusOr<std::vector<SourceRow>> read_sources(Database& database, const std::optional<core::TenantId>& tenant,
                                                    const std::optional<std::string>& host) {
  // No source has an empty tenant, so '' means all of them.
  Query query(database, kSelectSources, tenant.has_value() ? tenant->value : std::string(),
              static_cast<std::int32_t>(host.has_value()), host.value_or(""));
  std::vector<SourceRow> rows;
  while (query.next()) rows.push_back(read_source(query, database.path()));
  RETURN_IF_ERROR(query.status());
  return rows;
}

}  // namespace cordwood::catalog
