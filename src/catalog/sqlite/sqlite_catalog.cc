#include "catalog/sqlite/sqlite_catalog.h"

#include <atomic>
#include <utility>

#include "base/sync.h"
#include "catalog/sqlite/database.h"
#include "catalog/sqlite/file_vfs.h"
#include "catalog/sqlite/migrations.h"
#include "catalog/sqlite/tables.h"

namespace cordwood::catalog {
namespace {

// A connection and its queue: one operation at a time, in order of arrival.
struct Connection {
  Connection(base::Executor& executor, std::unique_ptr<Database> opened)
      : database(std::move(opened)), turn(executor, 1) {}
  const std::unique_ptr<Database> database;
  base::Semaphore turn;
};

const base::Status& status_of(const base::Status& status) {
  return status;
}
template <typename T>
const base::Status& status_of(const base::StatusOr<T>& result) {
  return result.status();
}

// Whether the disk failed in the middle.
bool leaves_doubt(const base::Status& status) {
  return status.code() == base::StatusCode::kUnavailable || status.code() == base::StatusCode::kResourceExhausted ||
         status.code() == base::StatusCode::kDataLoss;
}

base::Status overwrite_log(Database& database) {
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_write());
  RETURN_IF_ERROR(database.execute("UPDATE schema_version SET version = version"));
  return transaction.commit();
}

// Reads have a connection of their own, so that a query's snapshot does not wait for the sync of a commit. It begins
// its transaction after the call, so it sees every commit that was answered before.
class SqliteCatalog final : public Catalog {
 public:
  SqliteCatalog(base::Executor& executor, base::Random& random, std::unique_ptr<FileVfs> vfs,
                std::unique_ptr<Database> writer, std::unique_ptr<Database> reader)
      : vfs_(std::move(vfs)),
        executor_(executor),
        random_(random),
        writer_(executor, std::move(writer)),
        reader_(executor, std::move(reader)) {}

  base::Task<base::StatusOr<core::InstallationId>> installation_id() override {
    const auto work = [this](Database& db) { return catalog::installation_id(db, random_); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::Status> set_installation_id(core::InstallationId id) override {
    const auto work = [=](Database& db) { return catalog::set_installation_id(db, id); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::Status> save_deletion(DeletionRow row) override {
    const auto work = [&](Database& db) { return catalog::save_deletion(db, row); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::Status> forget_deletion(std::uint64_t id) override {
    const auto work = [=](Database& db) { return catalog::forget_deletion(db, id); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::StatusOr<std::vector<DeletionRow>>> deletions() override {
    const auto work = [](Database& db) { return read_deletions(db); };
    co_return co_await run(reader_, work);
  }
  base::Task<base::Status> save_retention(RetentionRow row) override {
    const auto work = [&](Database& db) { return catalog::save_retention(db, row); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::Status> forget_retention(core::TenantId tenant, std::uint32_t retention_class) override {
    const auto work = [&](Database& db) { return catalog::forget_retention(db, tenant, retention_class); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::StatusOr<std::vector<RetentionRow>>> retention() override {
    const auto work = [](Database& db) { return read_retention(db); };
    co_return co_await run(reader_, work);
  }
  base::Task<base::StatusOr<ChangeResult>> commit(Change change) override {
    const auto work = [&](Database& db) { return commit_change(db, change, executor_.clock().now()); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::StatusOr<Snapshot>> snapshot(std::optional<core::TenantId> tenant, core::TimeRange range) override {
    const auto work = [&](Database& db) { return read_snapshot(db, tenant, range); };
    co_return co_await run(reader_, work);
  }
  base::Task<base::StatusOr<std::vector<PartRow>>> removed_parts(core::UnixNanos removed_before,
                                                                 std::size_t limit) override {
    const auto work = [=](Database& db) { return read_removed_parts(db, removed_before, limit); };
    co_return co_await run(reader_, work);
  }
  base::Task<base::Status> forget_parts(std::vector<PartId> parts) override {
    const auto work = [&](Database& db) { return catalog::forget_parts(db, parts); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::StatusOr<std::vector<SourceRow>>> sources(std::optional<core::TenantId> tenant,
                                                             std::optional<std::string> host) override {
    const auto work = [&](Database& db) { return read_sources(db, tenant, host); };
    co_return co_await run(reader_, work);
  }
  base::Task<base::StatusOr<std::vector<BodyHashRow>>> body_hashes(core::UnixNanos now) override {
    const auto work = [=](Database& db) { return read_body_hashes(db, now); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::StatusOr<std::optional<AgentRow>>> agent(core::AgentId agent) override {
    const auto work = [=](Database& db) { return read_agent(db, agent); };
    co_return co_await run(reader_, work);
  }
  base::Task<base::Status> save_agent(AgentRow row, std::optional<std::uint64_t> expected_epoch) override {
    const auto work = [&](Database& db) { return catalog::save_agent(db, row, expected_epoch); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::StatusOr<std::vector<AgentRow>>> agents(core::TenantId tenant) override {
    const auto work = [&](Database& db) { return read_agents(db, tenant); };
    co_return co_await run(reader_, work);
  }
  base::Task<base::Status> save_fleet(FleetChange change) override {
    const auto work = [&](Database& db) { return catalog::save_fleet(db, change); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::StatusOr<FleetRows>> fleet() override {
    const auto work = [](Database& db) { return read_fleet(db); };
    co_return co_await run(reader_, work);
  }
  base::Task<base::StatusOr<Lease>> acquire_lease(std::string name, std::string holder, core::UnixNanos now,
                                                  base::nanoseconds duration) override {
    const auto work = [&](Database& db) { return catalog::acquire_lease(db, name, holder, now, duration); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::Status> release_lease(std::string name, std::string holder) override {
    const auto work = [&](Database& db) { return catalog::release_lease(db, name, holder); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::Status> heartbeat(NodeRow node) override {
    const auto work = [&](Database& db) { return save_heartbeat(db, node); };
    co_return co_await run(writer_, work);
  }
  base::Task<base::StatusOr<std::vector<NodeRow>>> nodes() override {
    const auto work = [](Database& db) { return read_nodes(db); };
    co_return co_await run(reader_, work);
  }
  base::Task<base::StatusOr<std::uint64_t>> begin_node_epoch(std::string node) override {
    const auto work = [&](Database& db) { return catalog::begin_node_epoch(db, node); };
    co_return co_await run(writer_, work);
  }

 private:
  // `work` may refer to the frame of the caller, which waits here.
  template <typename Work>
  base::Task<std::invoke_result_t<Work, Database&>> run(Connection& connection, Work work) {
    const bool writes = &connection == &writer_;
    if (writes || in_doubt_) {
      co_await writer_.turn.acquire();
      base::Status settled = co_await settle();
      if (!settled.ok() || !writes) writer_.turn.release();
      if (!settled.ok()) co_return settled;
    }
    if (!writes) co_await connection.turn.acquire();
    Database* database = connection.database.get();
    auto result = co_await executor_.blocking([&work, database] { return work(*database); });
    if (writes) in_doubt_ = leaves_doubt(status_of(result));
    connection.turn.release();
    co_return result;
  }

  // With the writer's turn. A commit whose sync failed did not happen for whoever asks now; but its frames are in the
  // write-ahead log, and a process that starts after a crash would take them for committed, while this one has acted on
  // the opposite. So nothing is answered before another commit has been written over them.
  base::Task<base::Status> settle() {
    if (!in_doubt_) co_return base::ok_status();
    Database* database = writer_.database.get();
    base::Status status = co_await executor_.blocking([database] { return overwrite_log(*database); });
    if (status.ok()) in_doubt_ = false;
    co_return status;
  }

  const std::unique_ptr<FileVfs> vfs_;  // null: SQLite's own
  base::Executor& executor_;
  base::Random& random_;
  Connection writer_;
  Connection reader_;
  std::atomic<bool> in_doubt_{false};  // changes with the writer's turn
};

// What a dead process left in the log may be in the system's memory only, and after a sync that failed no later one
// makes it durable (as with the journal, docs/decisions/0009). Commits behind it would be lost with it. So it is
// written to the database, synced there, and the log begins anew.
base::Status empty_log(Database& database) {
  const base::Status status = Query(database, "PRAGMA wal_checkpoint(TRUNCATE)").run();
  // On a full disk what is there must be readable all the same.
  return status.code() == base::StatusCode::kResourceExhausted ? base::ok_status() : status;
}

base::StatusOr<std::unique_ptr<Catalog>> open_now(io::FileSystem& files, const std::string& path,
                                                  base::Executor& executor, base::Random& random,
                                                  std::unique_ptr<FileVfs> vfs) {
  const char* name = vfs == nullptr ? nullptr : vfs->name().c_str();
  ASSIGN_OR_RETURN(auto writer, Database::open(path, name));
  RETURN_IF_ERROR(migrate(*writer, sqlite_migrations()));
  RETURN_IF_ERROR(writer->use_write_ahead_log());
  RETURN_IF_ERROR(empty_log(*writer));
  ASSIGN_OR_RETURN(auto reader, Database::open(path, name));
  // SQLite makes the log's name durable when the connection that created it syncs it. Here it may be the other one that
  // commits, and a power cut would take the name, and with it every commit.
  for (Database* connection : {writer.get(), reader.get()}) {
    RETURN_IF_ERROR(Query(*connection, "SELECT count(*) FROM sqlite_schema").run());
  }
  const base::Status synced = files.sync_directory(io::parent_directory(path));
  if (!synced.ok()) return base::unavailable_error("catalog {}: {}", path, base::message_of(synced));
  return std::make_unique<SqliteCatalog>(executor, random, std::move(vfs), std::move(writer), std::move(reader));
}

}  // namespace

base::Task<base::StatusOr<std::unique_ptr<Catalog>>> open_sqlite_catalog(std::string path, base::Executor& executor,
                                                                         base::Random& random) {
  auto opened =
      co_await executor.blocking([&] { return open_now(io::system_files(), path, executor, random, nullptr); });
  co_return opened;
}

base::Task<base::StatusOr<std::unique_ptr<Catalog>>> open_sqlite_catalog_on(io::FileSystem& files, std::string path,
                                                                            base::Executor& executor,
                                                                            base::Random& random) {
  auto opened = co_await executor.blocking([&] {
    return open_now(files, path, executor, random, std::make_unique<FileVfs>(files, executor.clock(), random));
  });
  co_return opened;
}

base::Status copy_sqlite_catalog(const std::string& path, const std::string& copy) {
  ASSIGN_OR_RETURN(const auto database, Database::open(path));
  return Query(*database, "VACUUM INTO ?1", copy).run();
}

}  // namespace cordwood::catalog
