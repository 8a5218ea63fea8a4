// Files and directories behind an interface, so that tests can tear, fill and break the disk. Calls block: product code
// makes them inside `co_await executor.blocking(...)`.
//
// Errors of all calls: NotFound, AlreadyExists, PermissionDenied (also a read-only file system), ResourceExhausted (no
// space, no descriptors), DataLoss (EIO), InvalidArgument (a NUL byte in a path), Unavailable (the rest). The text
// names operation and path.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace cordwood::io {

struct FileStat {
  std::uint64_t bytes = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  base::UnixNanos modified;
  bool is_directory = false;
  bool is_regular = false;
};

// An open file. One thread at a time, except read_at, which any number of threads may call together. Closes on
// destruction, without syncing.
class File {
 public:
  virtual ~File() = default;
  // Up to `length` bytes at `offset`, fewer only at the end of the file.
  virtual base::StatusOr<std::string> read_at(std::uint64_t offset, std::size_t length) = 0;
  // Like read_at into memory of the caller; gives the number of bytes read.
  virtual base::StatusOr<std::size_t> read_into(std::uint64_t offset, char* buffer, std::size_t length) = 0;
  // Appends all of `bytes`, or fails; after a failure the end of the file is undefined until truncate.
  virtual base::Status append(std::string_view bytes) = 0;
  // Writes all of `bytes` at `offset`, beyond the end too (zeros in between), or fails; after a failure any part of
  // them may be written. Of a file opened with kReadWrite only.
  virtual base::Status write_at(std::uint64_t offset, std::string_view bytes) = 0;
  // Bytes and size are durable when it ends (fdatasync). After a failure nothing since the last success may be assumed
  // durable, and trying again proves nothing (fsyncgate): the file must be given up.
  virtual base::Status sync() = 0;
  virtual base::Status truncate(std::uint64_t bytes) = 0;
  // Reserves space so that later appends up to `bytes` do not run out of it; the size stays.
  virtual base::Status preallocate(std::uint64_t bytes) = 0;
  virtual base::StatusOr<FileStat> stat() = 0;
};

enum class OpenMode {
  kRead,
  kCreateNew,  // for appending; AlreadyExists when there is one
  kAppend,     // for appending to an existing file
  kReadWrite,  // for write_at to an existing file
};

// A held lock file; released on destruction, and by the system when the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// The file system. Paths are absolute or relative to the process's directory. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual base::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual base::StatusOr<FileStat> stat(const std::string& path) = 0;
  // Whether `path` itself is a symbolic link, which stat() and open() follow.
  virtual bool is_link(const std::string& path) {
    (void)path;
    return false;
  }
  // Names in `path` without "." and "..", sorted.
  virtual base::StatusOr<std::vector<std::string>> list(const std::string& path) = 0;
  // With parents; durable when it ends. Success when it exists already.
  virtual base::Status make_directories(const std::string& path) = 0;
  // Not durable before sync_directory of the parent.
  virtual base::Status rename(const std::string& from, const std::string& to) = 0;
  // As link(2) then unlink: AlreadyExists when `to` exists. Not durable before sync_directory.
  virtual base::Status rename_if_absent(const std::string& from, const std::string& to) = 0;
  virtual base::Status remove(const std::string& path) = 0;
  virtual base::Status sync_directory(const std::string& path) = 0;
  virtual base::StatusOr<std::uint64_t> free_bytes(const std::string& path) = 0;
  // Creates `path` if needed, locks it and writes the pid into it. FailedPrecondition naming the pid of the holder.
  virtual base::StatusOr<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

// The operating system's.
FileSystem& system_files();

// Replaces `path` by `bytes` so that after a crash it holds either the old or the new content: write `path`.tmp, sync,
// rename, sync the directory.
base::Status replace_file(FileSystem& files, const std::string& path, std::string_view bytes);
// The whole file; ResourceExhausted when it is larger than `bytes_max`.
base::StatusOr<std::string> read_whole_file(FileSystem& files, const std::string& path, std::uint64_t bytes_max);
// "a/b/c" -> "a/b"; "c" -> ".".
std::string parent_directory(std::string_view path);

}  // namespace cordwood::io
