#include "objectstore/local/local_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/hash.h"
#include "base/mutex.h"
#include "objectstore/local/key_path.h"
#include "objectstore/local/listing.h"

namespace cordwood::objectstore {
namespace {

using Bytes = std::shared_ptr<const std::string>;

// Errors of files that mean nothing to users of objects become Unavailable; the text keeps what happened.
base::Status object_status(const base::Status& status, std::string_view key) {
  if (status.ok()) return status;
  const base::Status named = base::annotate(status, fmt::format("object {}", key));
  switch (status.code()) {
    case base::StatusCode::kNotFound:
    case base::StatusCode::kAlreadyExists:
    case base::StatusCode::kResourceExhausted:
    case base::StatusCode::kOutOfRange:
    case base::StatusCode::kDataLoss:
      return named;
    default:
      return base::make_status(base::StatusCode::kUnavailable, base::message_of(named));
  }
}

class LocalStore final : public ObjectStore {
 public:
  LocalStore(io::FileSystem& files, std::string directory, base::Executor& executor, base::Random& random)
      : files_(files), directory_(std::move(directory)), executor_(executor), random_(random) {}

  // Blocks.
  base::Status open() {
    const std::string temporaries = temporary_directory();
    RETURN_IF_ERROR(files_.make_directories(temporaries));
    ASSIGN_OR_RETURN(const std::vector<std::string> left_behind, files_.list(temporaries));
    for (const std::string& name : left_behind) RETURN_IF_ERROR(files_.remove(temporaries + "/" + name));
    return base::ok_status();
  }

  base::Task<base::Status> put(std::string key, Bytes bytes) override {
    CO_RETURN_IF_ERROR(check_object_key(key));
    base::Status done = co_await executor_.blocking([&] { return write_object(key, *bytes, true); });
    co_return object_status(done, key);
  }

  base::Task<base::Status> put_if_absent(std::string key, Bytes bytes) override {
    CO_RETURN_IF_ERROR(check_object_key(key));
    base::Status done = co_await executor_.blocking([&] { return write_object(key, *bytes, false); });
    co_return object_status(done, key);
  }

  base::Task<base::StatusOr<std::string>> get_range(std::string key, std::uint64_t offset,
                                                    std::uint64_t length) override {
    CO_RETURN_IF_ERROR(check_object_key(key));
    auto bytes = co_await executor_.blocking([&] { return read_object(key, offset, length); });
    if (!bytes.ok()) co_return object_status(bytes.status(), key);
    co_return std::move(bytes);
  }

  base::Task<base::StatusOr<ObjectInfo>> head(std::string key) override {
    CO_RETURN_IF_ERROR(check_object_key(key));
    const auto stat = co_await executor_.blocking([&] { return files_.stat(path_of(key)); });
    if (!stat.ok()) co_return object_status(stat.status(), key);
    ObjectInfo info{key, stat->bytes};
    co_return info;
  }

  base::Task<base::StatusOr<ListPage>> list(std::string prefix, std::string start_after, std::size_t limit) override {
    CO_RETURN_IF_ERROR(check_list_limit(limit));
    auto page =
        co_await executor_.blocking([&] { return list_local_objects(files_, directory_, prefix, start_after, limit); });
    if (!page.ok()) co_return object_status(page.status(), prefix);
    co_return std::move(page);
  }

  base::Task<base::Status> remove(std::string key) override {
    CO_RETURN_IF_ERROR(check_object_key(key));
    const base::Status done = co_await executor_.blocking([&] { return remove_object(key); });
    co_return object_status(done, key);
  }

 private:
  std::string temporary_directory() const { return directory_ + "/" + std::string(kTemporaryDirectory); }
  std::string path_of(std::string_view key) const { return directory_ + "/" + path_of_key(key); }

  // The rename is the publish point. A crash before it leaves a file in %tmp, which open() removes; after it, until the
  // directory is synced, the object is there or not, and whole in either case.
  base::Status write_object(const std::string& key, std::string_view bytes, bool replace) {
    const std::string path = path_of(key);
    const std::string parent = io::parent_directory(path);
    RETURN_IF_ERROR(make_directory(parent));
    const std::string temporary = temporary_directory() + "/" + base::to_hex(random_.next_id());
    base::Status done = write_file(temporary, bytes);
    if (done.ok()) done = replace ? files_.rename(temporary, path) : files_.rename_if_absent(temporary, path);
    if (!done.ok()) {
      files_.remove(temporary).IgnoreError();  // the first error tells what is wrong; open() sweeps what stays
      if (done.code() == base::StatusCode::kNotFound) return lost_directory(parent, done);
      return done;
    }
    return files_.sync_directory(parent);
  }

  base::Status write_file(const std::string& path, std::string_view bytes) {
    ASSIGN_OR_RETURN(const auto file, files_.open(path, io::OpenMode::kCreateNew));
    RETURN_IF_ERROR(file->append(bytes));
    return file->sync();
  }

  // Directories are made durable once and remembered, so that a put costs two syncs and not one for each level.
  base::Status make_directory(const std::string& path) {
    {
      base::MutexLock lock(mutex_);
      if (known_directories_.contains(path)) return base::ok_status();
    }
    RETURN_IF_ERROR(files_.make_directories(path));
    base::MutexLock lock(mutex_);
    known_directories_.insert(path);
    return base::ok_status();
  }

  // Somebody removed the directory under us: forget it, so that trying again makes it anew.
  base::Status lost_directory(const std::string& path, const base::Status& cause) {
    base::MutexLock lock(mutex_);
    known_directories_.erase(path);
    return base::make_status(base::StatusCode::kUnavailable, base::message_of(cause));
  }

  base::StatusOr<std::string> read_object(const std::string& key, std::uint64_t offset, std::uint64_t length) {
    ASSIGN_OR_RETURN(const auto file, files_.open(path_of(key), io::OpenMode::kRead));
    ASSIGN_OR_RETURN(const io::FileStat stat, file->stat());
    if (offset > stat.bytes) {
      return base::out_of_range_error("read: offset={} is past the end: bytes={}", offset, stat.bytes);
    }
    const std::uint64_t wanted = std::min(length, stat.bytes - offset);
    ASSIGN_OR_RETURN(std::string bytes, file->read_at(offset, static_cast<std::size_t>(wanted)));
    if (bytes.size() != wanted) {
      return base::data_loss_error("read: offset={} wanted_bytes={} found_bytes={}", offset, wanted, bytes.size());
    }
    return bytes;
  }

  base::Status remove_object(const std::string& key) {
    const std::string path = path_of(key);
    const base::Status removed = files_.remove(path);
    if (removed.code() == base::StatusCode::kNotFound) return base::ok_status();
    RETURN_IF_ERROR(removed);
    return files_.sync_directory(io::parent_directory(path));
  }

  io::FileSystem& files_;
  const std::string directory_;
  base::Executor& executor_;
  base::Random& random_;
  base::Mutex mutex_;
  // Bounded by the number of directories in the store: one a tenant and day.
  std::set<std::string> known_directories_ GUARDED_BY(mutex_);
};

}  // namespace

base::Task<base::StatusOr<std::unique_ptr<ObjectStore>>> open_local_store(io::FileSystem& files, std::string directory,
                                                                          base::Executor& executor,
                                                                          base::Random& random) {
  auto store = std::make_unique<LocalStore>(files, directory, executor, random);
  const base::Status opened = co_await executor.blocking([&] { return store->open(); });
  if (!opened.ok()) co_return base::annotate(opened, fmt::format("open object store {}", directory));
  std::unique_ptr<ObjectStore> result = std::move(store);
  co_return result;
}

std::unique_ptr<ObjectStore> make_local_reader(io::FileSystem& files, std::string directory, base::Executor& executor,
                                               base::Random& random) {
  return std::make_unique<LocalStore>(files, std::move(directory), executor, random);
}

}  // namespace cordwood::objectstore
