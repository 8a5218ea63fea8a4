// FileSystem on the operating system's calls. Interrupted calls are repeated, short writes continued, and every
// descriptor is opened close-on-exec.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/status.h"
#include "io/file.h"

namespace cordwood::io {
namespace {

// Reads up to this length take their memory at once; longer ones look at the file's size first.
constexpr std::size_t kUncheckedReadBytesMax = std::size_t{1} << 20;

base::Status failure(std::string_view operation, std::string_view path) {
  const int error_number = errno;
  return base::errno_status(error_number, fmt::format("{} {}", operation, path));
}

template <typename Call>
auto repeat_interrupted(Call call) {
  while (true) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

// A path with a NUL byte would reach the system cut short and name another file.
base::Status check_path(std::string_view operation, const std::string& path) {
  if (path.find('\0') == std::string::npos) return base::ok_status();
  return base::invalid_argument_error("{} {}: the path contains a NUL byte", operation, path.c_str());
}

FileStat to_file_stat(const struct stat& from) {
  FileStat to;
  to.bytes = static_cast<std::uint64_t>(from.st_size);
  to.device = from.st_dev;
  to.inode = from.st_ino;
  to.modified = base::UnixNanos{static_cast<std::int64_t>(from.st_mtim.tv_sec) * 1'000'000'000 + from.st_mtim.tv_nsec};
  to.is_directory = S_ISDIR(from.st_mode);
  to.is_regular = S_ISREG(from.st_mode);
  return to;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  base::StatusOr<std::string> read_at(std::uint64_t offset, std::size_t length) override {
    if (length > kUncheckedReadBytesMax) {
      ASSIGN_OR_RETURN(const FileStat now, stat());
      const std::uint64_t left = now.bytes > offset ? now.bytes - offset : 0;
      // Files in /proc have no size, hence the lower bound.
      length = std::min<std::size_t>(length, std::max<std::size_t>(left, kUncheckedReadBytesMax));
    }
    std::string out(length, '\0');
    ASSIGN_OR_RETURN(const std::size_t bytes, read_into(offset, out.data(), length));
    out.resize(bytes);
    return out;
  }

  base::StatusOr<std::size_t> read_into(std::uint64_t offset, char* buffer, std::size_t length) override {
    if (offset > static_cast<std::uint64_t>(INT64_MAX)) return std::size_t{0};
    std::size_t done = 0;
    while (done < length) {
      const ssize_t n = repeat_interrupted(
          [&] { return ::pread(fd_.get(), buffer + done, length - done, static_cast<off_t>(offset + done)); });
      if (n < 0) return failure("read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  base::Status append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = repeat_interrupted([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
      if (n < 0) return failure("append", path_);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return base::ok_status();
  }

  base::Status write_at(std::uint64_t offset, std::string_view bytes) override {
    if (offset > static_cast<std::uint64_t>(INT64_MAX) - bytes.size()) {
      return base::invalid_argument_error("write {}: offset={}", path_, offset);
    }
    while (!bytes.empty()) {
      const ssize_t n = repeat_interrupted(
          [&] { return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (n < 0) return failure("write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return base::ok_status();
  }

  base::Status sync() override {
    // The kernel reports a lost write once and then calls the pages clean, so a later success would be a lie.
    if (sync_failed_) return base::data_loss_error("sync {}: an earlier sync of this file failed", path_);
    if (repeat_interrupted([&] { return ::fdatasync(fd_.get()); }) == 0) return base::ok_status();
    sync_failed_ = true;
    return failure("sync", path_);
  }

  base::Status truncate(std::uint64_t bytes) override {
    if (repeat_interrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(bytes)); }) == 0) {
      return base::ok_status();
    }
    return failure("truncate", path_);
  }

  base::Status preallocate(std::uint64_t bytes) override {
    if (bytes == 0) return base::ok_status();
    const int result =
        repeat_interrupted([&] { return ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)); });
    if (result == 0) return base::ok_status();
    if (errno != EOPNOTSUPP && errno != ENOSYS) return failure("preallocate", path_);
    return check_free_space(bytes);
  }

  base::StatusOr<FileStat> stat() override {
    struct stat found{};
    if (::fstat(fd_.get(), &found) != 0) return failure("stat", path_);
    return to_file_stat(found);
  }

 private:
  // For file systems that cannot reserve: at least a disk that is full already is reported.
  base::Status check_free_space(std::uint64_t bytes) {
    ASSIGN_OR_RETURN(const FileStat now, stat());
    struct statvfs disk{};
    if (::fstatvfs(fd_.get(), &disk) != 0) return failure("preallocate", path_);
    const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    if (bytes <= now.bytes || bytes - now.bytes <= free) return base::ok_status();
    return base::resource_exhausted_error("preallocate {}: no space: wanted_bytes={} free_bytes={}", path_,
                                          bytes - now.bytes, free);
  }

  const Descriptor fd_;
  const std::string path_;
  bool sync_failed_ = false;
};

// flock(2): it belongs to the open file description, so a second lock in the same process is refused too, and the
// system drops it with the last descriptor. The file stays: removing it would let two holders lock two files of one
// name.
class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  const Descriptor fd_;
};

std::string read_pid(int fd) {
  char buffer[32] = {};
  const ssize_t n = ::pread(fd, buffer, sizeof buffer - 1, 0);
  std::string pid;
  for (ssize_t i = 0; i < n && buffer[i] >= '0' && buffer[i] <= '9'; ++i) pid += buffer[i];
  return pid.empty() ? "unknown" : pid;
}

class PosixFiles final : public FileSystem {
 public:
  base::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    RETURN_IF_ERROR(check_path("open", path));
    Descriptor fd(repeat_interrupted([&] { return ::open(path.c_str(), flags_of(mode), 0644); }));
    if (!fd.valid()) return failure("open", path);
    return std::make_unique<PosixFile>(std::move(fd), path);
  }

  bool is_link(const std::string& path) override {
    struct stat found{};
    return check_path("stat", path).ok() && ::lstat(path.c_str(), &found) == 0 && S_ISLNK(found.st_mode);
  }
  base::StatusOr<FileStat> stat(const std::string& path) override {
    RETURN_IF_ERROR(check_path("stat", path));
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return failure("stat", path);
    return to_file_stat(found);
  }

  base::StatusOr<std::vector<std::string>> list(const std::string& path) override {
    RETURN_IF_ERROR(check_path("list", path));
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (!directory) return failure("list", path);
    std::vector<std::string> names;
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return failure("list", path);
    std::sort(names.begin(), names.end());
    return names;
  }

  base::Status make_directories(const std::string& path) override {
    RETURN_IF_ERROR(check_path("make directory", path));
    struct stat found{};
    if (::stat(path.c_str(), &found) == 0) return accept_existing(path, found);
    if (errno != ENOENT) return failure("make directory", path);
    const std::string parent = parent_directory(path);
    if (parent != path) RETURN_IF_ERROR(make_directories(parent));
    if (::mkdir(path.c_str(), 0755) != 0) {
      if (errno != EEXIST) return failure("make directory", path);
      if (::stat(path.c_str(), &found) != 0) return failure("make directory", path);
      return accept_existing(path, found);
    }
    return sync_directory(parent);
  }

  base::Status rename(const std::string& from, const std::string& to) override {
    RETURN_IF_ERROR(check_path("rename", from));
    RETURN_IF_ERROR(check_path("rename", to));
    if (::rename(from.c_str(), to.c_str()) == 0) return base::ok_status();
    return failure("rename", fmt::format("{} to {}", from, to));
  }

  base::Status rename_if_absent(const std::string& from, const std::string& to) override {
    RETURN_IF_ERROR(check_path("rename", from));
    RETURN_IF_ERROR(check_path("rename", to));
    const std::string both = fmt::format("{} to {}", from, to);
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return base::ok_status();
    // File systems without the flag say EINVAL, kernels without the call ENOSYS.
    if (errno != EINVAL && errno != ENOSYS) return failure("rename", both);
    if (::link(from.c_str(), to.c_str()) != 0) return failure("rename", both);
    if (::unlink(from.c_str()) != 0) return failure("rename", both);
    return base::ok_status();
  }

  base::Status remove(const std::string& path) override {
    RETURN_IF_ERROR(check_path("remove", path));
    if (::remove(path.c_str()) == 0) return base::ok_status();
    return failure("remove", path);
  }

  base::Status sync_directory(const std::string& path) override {
    RETURN_IF_ERROR(check_path("sync directory", path));
    const Descriptor fd(repeat_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!fd.valid()) return failure("sync directory", path);
    if (repeat_interrupted([&] { return ::fsync(fd.get()); }) == 0) return base::ok_status();
    // File systems that have nothing to sync in a directory say EINVAL.
    if (errno == EINVAL) return base::ok_status();
    return failure("sync directory", path);
  }

  base::StatusOr<std::uint64_t> free_bytes(const std::string& path) override {
    RETURN_IF_ERROR(check_path("free space", path));
    struct statvfs disk{};
    if (::statvfs(path.c_str(), &disk) != 0) return failure("free space", path);
    return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  }

  base::StatusOr<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    RETURN_IF_ERROR(check_path("lock", path));
    Descriptor fd(repeat_interrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); }));
    if (!fd.valid()) return failure("lock", path);
    if (repeat_interrupted([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno != EWOULDBLOCK) return failure("lock", path);
      return base::failed_precondition_error("lock {}: held by process {}; stop it first, or use another directory",
                                             path, read_pid(fd.get()));
    }
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
      return failure("lock", path);
    return std::make_unique<PosixLock>(std::move(fd));
  }

 private:
  static int flags_of(OpenMode mode) {
    switch (mode) {
      // Without O_NONBLOCK a FIFO among the files would hold the thread until somebody writes into it.
      case OpenMode::kRead:
        return O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
      case OpenMode::kCreateNew:
        return O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC;
      case OpenMode::kAppend:
        return O_RDWR | O_APPEND | O_CLOEXEC;
      case OpenMode::kReadWrite:
        return O_RDWR | O_CLOEXEC;
    }
    return O_RDONLY | O_CLOEXEC;
  }

  // A process that died between mkdir and the sync left a directory that may yet vanish, so its parent is synced even
  // though it exists; where we may not read the parent, an administrator made it.
  base::Status accept_existing(const std::string& path, const struct stat& found) {
    if (!S_ISDIR(found.st_mode)) {
      return base::already_exists_error("make directory {}: there is something else of that name", path);
    }
    base::Status synced = sync_directory(parent_directory(path));
    return synced.code() == base::StatusCode::kPermissionDenied ? base::ok_status() : synced;
  }
};

}  // namespace

FileSystem& system_files() {
  static PosixFiles files;
  return files;
}

}  // namespace cordwood::io
