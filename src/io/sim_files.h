// A FileSystem in memory that is also a disk which can fail: unsynced data is lost or torn when the power is cut, the
// Nth operation fails, the disk fills up. Everything it decides comes from seeds, so a failure can be replayed. For
// tests and the simulation; it lives here so that a unit test of any folder can use it without linking `testing`.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "io/file.h"

namespace cordwood::io {

enum class FileOperation {
  kOpen,
  kRead,
  kAppend,
  kWrite,
  kSync,
  kTruncate,
  kPreallocate,
  kStat,
  kList,
  kMakeDirectories,
  kRename,
  kRemove,
  kSyncDirectory,
  kFreeBytes,
  kLock,
};
inline constexpr std::size_t kFileOperations = 15;

struct SimNode;

// Thread-safe. Outlives the files and locks it gave out. "/" and "." are the same directory and exist from the start.
class SimFiles final : public FileSystem {
 public:
  // Times of modification come from `clock` if given, else from a counter of the changes.
  explicit SimFiles(const base::Clock* clock = nullptr);
  ~SimFiles() override;

  base::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  base::StatusOr<FileStat> stat(const std::string& path) override;
  base::StatusOr<std::vector<std::string>> list(const std::string& path) override;
  base::Status make_directories(const std::string& path) override;
  base::Status rename(const std::string& from, const std::string& to) override;
  base::Status rename_if_absent(const std::string& from, const std::string& to) override;
  base::Status remove(const std::string& path) override;
  base::Status sync_directory(const std::string& path) override;
  base::StatusOr<std::uint64_t> free_bytes(const std::string& path) override;
  base::StatusOr<std::unique_ptr<FileLock>> lock(const std::string& path) override;

  // The power is cut and comes back. What was synced survives exactly, files and directory entries; of each file's
  // unsynced bytes and each directory's unsynced changes `seed` decides whether they are lost, kept, or kept in part:
  // of what was appended a prefix, with sectors of zeros in it, of what was overwritten any sectors. Open files answer
  // Unavailable from now on and locks are free.
  void crash(std::uint64_t seed);
  // The process dies: open files and locks as after crash(), but the kernel keeps everything that was written.
  void kill();

  // Asked before every operation; an error is what the operation answers. Must not call into the file system.
  using FaultHook = std::function<base::Status(FileOperation operation, const std::string& path)>;
  void set_fault_hook(FaultHook hook);
  // The `nth` operation from now (1 = the next) fails once with this errno (EIO, ENOSPC, ...). A failing append may
  // leave a part of its bytes; bytes of a failing sync are never made durable by a later one.
  void fail_operation(std::uint64_t nth, int error_number);
  // The `nth` operation from now and all later ones answer Unavailable, until crash().
  void power_off_at(std::uint64_t nth);
  // Appends, writes and preallocations beyond answer ResourceExhausted. Counts the bytes of all files.
  void set_capacity(std::uint64_t bytes);
  // Bit rot: inverts a bit on the disk and in the cache.
  base::Status flip_bit(const std::string& path, std::uint64_t offset, unsigned bit);

  std::uint64_t count(FileOperation operation) const;
  std::uint64_t operations() const;
  std::uint64_t used_bytes() const;

 private:
  friend class SimFile;
  friend class SimLock;
  using NodePtr = std::shared_ptr<SimNode>;
  // Where an entry is or would be.
  struct Place {
    NodePtr directory;
    std::string name;  // empty for the root itself
    NodePtr node;      // null when there is no such entry
  };

  // Counts the operation and gives the error it shall fail with, if any.
  base::Status begin(FileOperation operation, const std::string& path) REQUIRES(mutex_);
  // Walks to `path`. The error number, or 0: the directories on the way must exist, the entry itself need not.
  int find(const std::string& path, Place& place) REQUIRES(mutex_);
  NodePtr make_node(bool is_directory) REQUIRES(mutex_);
  void touch(SimNode& node) REQUIRES(mutex_);
  base::Status make_directories_locked(const std::string& path) REQUIRES(mutex_);
  base::Status rename_locked(const std::string& from, const std::string& to, bool replace) REQUIRES(mutex_);
  bool power_is_off() const REQUIRES(mutex_) { return power_off_at_ != 0 && operations_ >= power_off_at_; }
  std::uint64_t used_locked() const REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  const base::Clock* const clock_;
  NodePtr root_ GUARDED_BY(mutex_);
  std::uint64_t next_inode_ GUARDED_BY(mutex_) = 1;
  std::int64_t changes_ GUARDED_BY(mutex_) = 0;
  // Files and locks of an earlier life are dead.
  std::uint64_t life_ GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, std::uint64_t> locked_inodes_ GUARDED_BY(mutex_);  // -> life
  std::array<std::uint64_t, kFileOperations> counts_ GUARDED_BY(mutex_) = {};
  std::uint64_t operations_ GUARDED_BY(mutex_) = 0;
  FaultHook hook_ GUARDED_BY(mutex_);
  std::uint64_t fail_at_ GUARDED_BY(mutex_) = 0;
  int fail_with_ GUARDED_BY(mutex_) = 0;
  std::uint64_t power_off_at_ GUARDED_BY(mutex_) = 0;
  std::uint64_t capacity_ GUARDED_BY(mutex_) = UINT64_MAX;
  std::mt19937_64 fault_random_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::io
