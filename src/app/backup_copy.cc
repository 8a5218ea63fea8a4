#include "app/backup_copy.h"

#include "base/random.h"
#include "base/thread_executor.h"
#include "catalog/sqlite/sqlite_catalog.h"
#include "io/file.h"
#include "objectstore/local/local_store.h"

namespace cordwood::app {

namespace {

constexpr const char* kCatalog = "/catalog.sqlite";
constexpr const char* kObjects = "/objects";

// Opened one after the other and closed together.
struct Opened {
  base::SystemRandom random;
  base::ThreadExecutor executor{base::ThreadExecutorOptions{2, 2, base::time_scale_from_environment()}};
  std::unique_ptr<catalog::Catalog> catalog;
};

base::Task<base::StatusOr<BackupCopy>> copy_objects(catalog::Catalog* catalog, objectstore::ObjectStore* from,
                                                    objectstore::ObjectStore* to) {
  std::optional<core::TenantId> all_tenants;
  const core::TimeRange all_times;
  base::StatusOr<catalog::Snapshot> snapshot = co_await catalog->snapshot(std::move(all_tenants), all_times);
  if (!snapshot.ok()) co_return snapshot.status();
  BackupCopy copy;
  for (const catalog::PartRow& part : snapshot->parts) {
    std::string key = part.object_key;
    base::StatusOr<std::string> bytes = co_await from->get_range(std::move(key), 0, part.stored_bytes);
    if (!bytes.ok()) co_return bytes.status();
    copy.bytes += bytes->size();
    ++copy.objects;
    auto object = std::make_shared<const std::string>(*std::move(bytes));
    std::string same_key = part.object_key;
    base::Status put = co_await to->put(std::move(same_key), std::move(object));
    if (!put.ok()) co_return put;
  }
  co_return copy;
}

}  // namespace

base::StatusOr<BackupCopy> copy_backup(const std::string& data, const std::string& destination) {
  io::FileSystem& files = io::system_files();
  if (files.stat(destination).ok()) {
    return base::already_exists_error("{} exists: name a directory that does not", destination);
  }
  RETURN_IF_ERROR(files.stat(data + kCatalog).status());
  RETURN_IF_ERROR(files.make_directories(destination));
  RETURN_IF_ERROR(catalog::copy_sqlite_catalog(data + kCatalog, destination + kCatalog));
  Opened opened;
  ASSIGN_OR_RETURN(opened.catalog,
                   base::sync_wait(opened.executor, catalog::open_sqlite_catalog(destination + kCatalog,
                                                                                 opened.executor, opened.random)));
  const auto from = objectstore::make_local_reader(files, data + kObjects, opened.executor, opened.random);
  ASSIGN_OR_RETURN(const auto to,
                   base::sync_wait(opened.executor, objectstore::open_local_store(files, destination + kObjects,
                                                                                  opened.executor, opened.random)));
  return base::sync_wait(opened.executor, copy_objects(opened.catalog.get(), from.get(), to.get()));
}

base::StatusOr<std::string> finish_restore(const std::string& data) {
  io::FileSystem& files = io::system_files();
  RETURN_IF_ERROR(files.stat(data + kCatalog).status());
  ASSIGN_OR_RETURN(const auto lock, files.lock(data + "/lock"));
  Opened opened;
  ASSIGN_OR_RETURN(
      opened.catalog,
      base::sync_wait(opened.executor, catalog::open_sqlite_catalog(data + kCatalog, opened.executor, opened.random)));
  const core::InstallationId id{opened.random.next_id()};
  RETURN_IF_ERROR(base::sync_wait(opened.executor, opened.catalog->set_installation_id(id)));
  return base::to_hex(id.value);
}

}  // namespace cordwood::app
