#include "catalog/sqlite/file_vfs.h"

#include <atomic>
#include <cstring>

#include "base/check.h"
#include "catalog/sqlite/vfs_locks.h"

namespace cordwood::catalog {

namespace {

constexpr int kPathBytesMax = 1024;

int result_of(const base::Status& status, int otherwise) {
  if (status.ok()) return SQLITE_OK;
  return status.code() == base::StatusCode::kResourceExhausted ? SQLITE_FULL : otherwise;
}

}  // namespace

struct FileVfs::State {
  sqlite3_vfs vfs{};
  std::string name;
  io::FileSystem* files = nullptr;
  base::Clock* clock = nullptr;
  base::Random* random = nullptr;
  base::Mutex mutex;
  std::map<std::string, std::shared_ptr<VfsLocks>> locks GUARDED_BY(mutex);

  std::shared_ptr<VfsLocks> locks_of(const std::string& path) {
    base::MutexLock lock(mutex);
    std::shared_ptr<VfsLocks>& found = locks[path];
    if (found == nullptr) found = std::make_shared<VfsLocks>();
    return found;
  }
};

namespace {

// What is behind a sqlite3_file.
struct Handle {
  io::FileSystem* files = nullptr;
  std::string path;
  std::unique_ptr<io::File> file;
  bool name_is_durable = true;
  std::shared_ptr<VfsLocks> locks;  // of a database file

  // A file whose sync failed is given up, as everywhere; SQLite writes again what it did not get through.
  base::StatusOr<io::File*> open_file() {
    if (file == nullptr) {
      ASSIGN_OR_RETURN(file, files->open(path, io::OpenMode::kReadWrite));
    }
    return file.get();
  }
};

struct SqliteFile {
  sqlite3_file base;
  Handle* handle;
};

Handle& handle_of(sqlite3_file* file) {
  return *reinterpret_cast<SqliteFile*>(file)->handle;
}

int x_close(sqlite3_file* file) {
  Handle* handle = reinterpret_cast<SqliteFile*>(file)->handle;
  if (handle->locks != nullptr) handle->locks->release_all(handle);
  delete handle;
  return SQLITE_OK;
}

int x_read(sqlite3_file* file, void* buffer, int length, sqlite3_int64 offset) {
  const base::StatusOr<io::File*> opened = handle_of(file).open_file();
  if (!opened.ok()) return SQLITE_IOERR_READ;
  const auto wanted = static_cast<std::size_t>(length);
  const base::StatusOr<std::size_t> read =
      (*opened)->read_into(static_cast<std::uint64_t>(offset), static_cast<char*>(buffer), wanted);
  if (!read.ok()) return SQLITE_IOERR_READ;
  if (*read == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(buffer) + *read, 0, wanted - *read);
  return SQLITE_IOERR_SHORT_READ;
}

int x_write(sqlite3_file* file, const void* bytes, int length, sqlite3_int64 offset) {
  const base::StatusOr<io::File*> opened = handle_of(file).open_file();
  if (!opened.ok()) return SQLITE_IOERR_WRITE;
  const std::string_view text(static_cast<const char*>(bytes), static_cast<std::size_t>(length));
  return result_of((*opened)->write_at(static_cast<std::uint64_t>(offset), text), SQLITE_IOERR_WRITE);
}

int x_truncate(sqlite3_file* file, sqlite3_int64 bytes) {
  const base::StatusOr<io::File*> opened = handle_of(file).open_file();
  if (!opened.ok()) return SQLITE_IOERR_TRUNCATE;
  return result_of((*opened)->truncate(static_cast<std::uint64_t>(bytes)), SQLITE_IOERR_TRUNCATE);
}

int x_sync(sqlite3_file* file, int) {
  Handle& handle = handle_of(file);
  const base::StatusOr<io::File*> opened = handle.open_file();
  if (!opened.ok()) return SQLITE_IOERR_FSYNC;
  if (!(*opened)->sync().ok()) {
    handle.file.reset();
    return SQLITE_IOERR_FSYNC;
  }
  if (handle.name_is_durable) return SQLITE_OK;
  if (!handle.files->sync_directory(io::parent_directory(handle.path)).ok()) return SQLITE_IOERR_DIR_FSYNC;
  handle.name_is_durable = true;
  return SQLITE_OK;
}

int x_file_size(sqlite3_file* file, sqlite3_int64* bytes) {
  const base::StatusOr<io::File*> opened = handle_of(file).open_file();
  if (!opened.ok()) return SQLITE_IOERR_FSTAT;
  const base::StatusOr<io::FileStat> stat = (*opened)->stat();
  if (!stat.ok()) return SQLITE_IOERR_FSTAT;
  *bytes = static_cast<sqlite3_int64>(stat->bytes);
  return SQLITE_OK;
}

int x_lock(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  return handle.locks->lock(&handle, level);
}

int x_unlock(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  handle.locks->unlock(&handle, level);
  return SQLITE_OK;
}

int x_check_reserved_lock(sqlite3_file* file, int* result) {
  *result = handle_of(file).locks->is_reserved() ? 1 : 0;
  return SQLITE_OK;
}

int x_file_control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}

int x_sector_size(sqlite3_file*) {
  return 4096;
}

int x_device_characteristics(sqlite3_file*) {
  // As SQLite's own says by default: what is not written is not changed, also in a sector that tears. Otherwise it would
  // pad the log behind each commit with frames that are synced only by the next one, and lost should that sync fail.
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int x_shm_map(sqlite3_file* file, int page, int bytes, int, void volatile** out) {
  *out = handle_of(file).locks->index_page(static_cast<std::size_t>(page), static_cast<std::size_t>(bytes));
  return SQLITE_OK;
}

int x_shm_lock(sqlite3_file* file, int first, int count, int flags) {
  Handle& handle = handle_of(file);
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    return handle.locks->lock_index(&handle, first, count, (flags & SQLITE_SHM_EXCLUSIVE) != 0);
  }
  handle.locks->unlock_index(&handle, first, count);
  return SQLITE_OK;
}

void x_shm_barrier(sqlite3_file*) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

int x_shm_unmap(sqlite3_file* file, int delete_it) {
  Handle& handle = handle_of(file);
  handle.locks->unlock_index(&handle, 0, SQLITE_SHM_NLOCK);
  if (delete_it != 0) handle.locks->clear_index();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_file_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_check_reserved_lock,
    .xFileControl = x_file_control,
    .xSectorSize = x_sector_size,
    .xDeviceCharacteristics = x_device_characteristics,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

template <typename State>
State& state_of(sqlite3_vfs* vfs) {
  return *static_cast<State*>(vfs->pAppData);
}

base::StatusOr<std::unique_ptr<io::File>> open_or_create(io::FileSystem& files, const std::string& path, int flags,
                                                         bool& created) {
  if ((flags & SQLITE_OPEN_READONLY) != 0) return files.open(path, io::OpenMode::kRead);
  base::StatusOr<std::unique_ptr<io::File>> opened = files.open(path, io::OpenMode::kReadWrite);
  if (opened.status().code() != base::StatusCode::kNotFound || (flags & SQLITE_OPEN_CREATE) == 0) return opened;
  RETURN_IF_ERROR(files.open(path, io::OpenMode::kCreateNew).status());
  created = true;
  return files.open(path, io::OpenMode::kReadWrite);
}

template <typename State>
int x_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* out = reinterpret_cast<SqliteFile*>(file);
  out->base.pMethods = nullptr;                 // SQLite closes only what has methods
  if (name == nullptr) return SQLITE_CANTOPEN;  // temporary files: the schema and the queries need none
  State& state = state_of<State>(vfs);
  auto handle = std::make_unique<Handle>();
  handle->files = state.files;
  handle->path = name;
  bool created = false;
  base::StatusOr<std::unique_ptr<io::File>> opened = open_or_create(*state.files, handle->path, flags, created);
  if (!opened.ok()) return result_of(opened.status(), SQLITE_CANTOPEN);
  handle->file = *std::move(opened);
  handle->name_is_durable = !created;
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) handle->locks = state.locks_of(handle->path);
  out->handle = handle.release();
  out->base.pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

template <typename State>
int x_delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  io::FileSystem& files = *state_of<State>(vfs).files;
  const base::Status removed = files.remove(name);
  if (removed.code() == base::StatusCode::kNotFound) return SQLITE_IOERR_DELETE_NOENT;
  if (!removed.ok()) return SQLITE_IOERR_DELETE;
  if (sync_directory == 0 || files.sync_directory(io::parent_directory(name)).ok()) return SQLITE_OK;
  return SQLITE_IOERR_DIR_FSYNC;
}

template <typename State>
int x_access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  const base::StatusOr<io::FileStat> stat = state_of<State>(vfs).files->stat(name);
  if (!stat.ok() && stat.status().code() != base::StatusCode::kNotFound) return SQLITE_IOERR_ACCESS;
  // As SQLite's own: an empty journal is none.
  *result = stat.ok() && (flags != SQLITE_ACCESS_EXISTS || stat->bytes > 0) ? 1 : 0;
  return SQLITE_OK;
}

int x_full_pathname(sqlite3_vfs*, const char* name, int length, char* out) {
  if (std::strlen(name) >= static_cast<std::size_t>(length)) return SQLITE_CANTOPEN;
  std::strcpy(out, name);
  return SQLITE_OK;
}

template <typename State>
int x_randomness(sqlite3_vfs* vfs, int length, char* out) {
  for (int i = 0; i < length; ++i) out[i] = static_cast<char>(state_of<State>(vfs).random->next());
  return length;
}

int x_sleep(sqlite3_vfs*, int) {
  return 0;  // one process, one operation at a time: nobody else will let go meanwhile
}

template <typename State>
int x_current_time(sqlite3_vfs* vfs, sqlite3_int64* millis) {
  constexpr sqlite3_int64 kJulianMillisOf1970 = 210'866'760'000'000;
  *millis = kJulianMillisOf1970 + state_of<State>(vfs).clock->now().value / 1'000'000;
  return SQLITE_OK;
}

}  // namespace

FileVfs::FileVfs(io::FileSystem& files, base::Clock& clock, base::Random& random) : state_(std::make_unique<State>()) {
  static std::atomic<std::uint64_t> number{0};
  State& state = *state_;
  state.name = fmt::format("cordwood-{}", ++number);
  state.files = &files;
  state.clock = &clock;
  state.random = &random;
  sqlite3_vfs& vfs = state.vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = sizeof(SqliteFile);
  vfs.mxPathname = kPathBytesMax;
  vfs.zName = state.name.c_str();
  vfs.pAppData = &state;
  vfs.xOpen = x_open<State>;
  vfs.xDelete = x_delete<State>;
  vfs.xAccess = x_access<State>;
  vfs.xFullPathname = x_full_pathname;
  vfs.xRandomness = x_randomness<State>;
  vfs.xSleep = x_sleep;
  vfs.xCurrentTimeInt64 = x_current_time<State>;
  CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

FileVfs::~FileVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
}

const std::string& FileVfs::name() const {
  return state_->name;
}

}  // namespace cordwood::catalog
