#include "catalog/sqlite/migrations.h"

#include "catalog/sqlite/database.h"

namespace cordwood::catalog {
namespace {

// "cord": tells our files from other SQLite databases.
constexpr std::int64_t kApplicationId = 0x636f7264;

// Integers of the program that are unsigned keep their 64 bits (two's complement). Times are nanoseconds since 1970.
// Hashes and ids are 16 bytes as base::append_bytes writes them. Paths are blobs: they need not be UTF-8.
constexpr std::string_view kMigration1 = R"sql(
CREATE TABLE catalog_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  installation_id BLOB,
  version INTEGER NOT NULL
);
INSERT INTO catalog_state VALUES (1, NULL, 0);

-- removed_at is NULL while the part is live.
CREATE TABLE parts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  partition_day INTEGER NOT NULL,
  level INTEGER NOT NULL,
  retention_class INTEGER NOT NULL,
  object_key TEXT NOT NULL UNIQUE,
  time_first INTEGER NOT NULL,
  time_last INTEGER NOT NULL,
  records INTEGER NOT NULL,
  raw_bytes INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL,
  removed_at INTEGER
);
CREATE INDEX parts_live ON parts (tenant, time_last) WHERE removed_at IS NULL;
CREATE INDEX parts_removed ON parts (removed_at) WHERE removed_at IS NOT NULL;

CREATE TABLE journals (
  node TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL
) WITHOUT ROWID;

-- ladder: for each entry 4 bytes length (little-endian) and 16 bytes hash.
CREATE TABLE sources (
  tenant TEXT NOT NULL,
  host TEXT NOT NULL,
  generation BLOB NOT NULL,
  path BLOB NOT NULL,
  labels TEXT NOT NULL,
  ladder BLOB NOT NULL,
  unit INTEGER NOT NULL,
  base_offset INTEGER NOT NULL,
  base_hash BLOB NOT NULL,
  mark_offset INTEGER NOT NULL,
  mark_hash BLOB NOT NULL,
  updated INTEGER NOT NULL,
  PRIMARY KEY (tenant, host, generation)
) WITHOUT ROWID;

CREATE TABLE body_hashes (
  hash BLOB PRIMARY KEY,
  expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX body_hashes_expires ON body_hashes (expires);

CREATE TABLE agents (
  agent BLOB PRIMARY KEY,
  tenant TEXT NOT NULL,
  host TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  nonce BLOB NOT NULL,
  last_seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX agents_tenant ON agents (tenant);

-- holder is '' after a release.
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE nodes (
  name TEXT PRIMARY KEY,
  address TEXT NOT NULL,
  roles TEXT NOT NULL,
  heartbeat INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE node_epochs (
  name TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL
) WITHOUT ROWID;
)sql";

// Deletion and retention. keep is in nanoseconds.
constexpr std::string_view kMigration2 = R"sql(
ALTER TABLE parts ADD COLUMN deletions_applied INTEGER NOT NULL DEFAULT 0;

CREATE TABLE deletions (
  id INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  query TEXT NOT NULL,
  time_begin INTEGER NOT NULL,
  time_end INTEGER NOT NULL,
  created INTEGER NOT NULL,
  node TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  records_removed INTEGER NOT NULL,
  removed_at INTEGER NOT NULL
);

CREATE TABLE retention (
  tenant TEXT NOT NULL,
  retention_class INTEGER NOT NULL,
  selector TEXT NOT NULL,
  keep INTEGER NOT NULL,
  retired INTEGER NOT NULL,
  PRIMARY KEY (tenant, retention_class)
) WITHOUT ROWID;
)sql";

// The fleet: agents and their ledgers. retired is 0 while the host is expected; extracted are names with commas
// between.
constexpr std::string_view kMigration3 = R"sql(
CREATE TABLE fleet_agents (
  tenant TEXT NOT NULL,
  agent BLOB NOT NULL,
  host TEXT NOT NULL,
  version TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_heartbeat INTEGER NOT NULL,
  watermark INTEGER NOT NULL,
  clock_offset INTEGER NOT NULL,
  ending INTEGER NOT NULL,
  retired INTEGER NOT NULL,
  extracted TEXT NOT NULL,
  PRIMARY KEY (tenant, agent)
) WITHOUT ROWID;

CREATE TABLE ledger (
  tenant TEXT NOT NULL,
  agent BLOB NOT NULL,
  generation BLOB NOT NULL,
  path BLOB NOT NULL,
  labels TEXT NOT NULL,
  unit INTEGER NOT NULL,
  state INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  acked INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  last_write INTEGER NOT NULL,
  last_read INTEGER NOT NULL,
  problem BLOB NOT NULL,
  PRIMARY KEY (tenant, agent, generation)
) WITHOUT ROWID;

CREATE TABLE ledger_drops (
  tenant TEXT NOT NULL,
  agent BLOB NOT NULL,
  generation BLOB NOT NULL,
  rule BLOB NOT NULL,
  bytes INTEGER NOT NULL,
  records INTEGER NOT NULL,
  PRIMARY KEY (tenant, agent, generation, rule)
) WITHOUT ROWID;

CREATE TABLE ledger_losses (
  tenant TEXT NOT NULL,
  agent BLOB NOT NULL,
  generation BLOB NOT NULL,
  number INTEGER NOT NULL,
  loss_begin INTEGER NOT NULL,
  at_least INTEGER NOT NULL,
  exact INTEGER NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  PRIMARY KEY (tenant, agent, generation, number)
) WITHOUT ROWID;
)sql";

constexpr std::string_view kMigrations[] = {kMigration1, kMigration2, kMigration3};

base::StatusOr<std::int64_t> read_integer(Database& database, std::string_view sql) {
  Query query(database, sql);
  const std::int64_t value = query.next() ? query.integer(0) : 0;
  RETURN_IF_ERROR(query.status());
  return value;
}

// 0 for an empty file.
base::StatusOr<std::int64_t> current_version(Database& database) {
  ASSIGN_OR_RETURN(const std::int64_t application, read_integer(database, "PRAGMA application_id"));
  ASSIGN_OR_RETURN(const std::int64_t tables, read_integer(database, "SELECT count(*) FROM sqlite_schema"));
  if (tables == 0) return 0;
  if (application != kApplicationId) {
    return base::failed_precondition_error("catalog {}: this is a database of another program", database.path());
  }
  return read_integer(database, "SELECT version FROM schema_version");
}

base::Status run_step(Database& database, std::string_view sql, std::size_t version) {
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_write());
  RETURN_IF_ERROR(database.execute(sql));
  if (version == 1) {
    RETURN_IF_ERROR(database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId)));
    RETURN_IF_ERROR(database.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)"));
    RETURN_IF_ERROR(database.execute("INSERT INTO schema_version VALUES (1)"));
  } else {
    RETURN_IF_ERROR(database.execute(fmt::format("UPDATE schema_version SET version = {}", version)));
  }
  return transaction.commit();
}

}  // namespace

std::span<const std::string_view> sqlite_migrations() {
  return kMigrations;
}

base::Status migrate(Database& database, std::span<const std::string_view> migrations) {
  ASSIGN_OR_RETURN(const std::int64_t version, current_version(database));
  if (version < 0 || static_cast<std::size_t>(version) > migrations.size()) {
    return base::failed_precondition_error(
        "catalog {}: schema_version={} is newer than this program knows (up to {}); use the newer cordwood",
        database.path(), version, migrations.size());
  }
  for (std::size_t step = static_cast<std::size_t>(version); step < migrations.size(); ++step) {
    const base::Status done = run_step(database, migrations[step], step + 1);
    if (!done.ok()) return base::annotate(done, fmt::format("migrate to schema_version={}", step + 1));
  }
  return base::ok_status();
}

}  // namespace cordwood::catalog
