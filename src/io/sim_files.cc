#include "io/sim_files.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/sim_node.h"

namespace cordwood::io {
namespace {

std::string_view name_of(FileOperation operation) {
  switch (operation) {
    case FileOperation::kOpen:
      return "open";
    case FileOperation::kRead:
      return "read";
    case FileOperation::kAppend:
      return "append";
    case FileOperation::kWrite:
      return "write";
    case FileOperation::kSync:
      return "sync";
    case FileOperation::kTruncate:
      return "truncate";
    case FileOperation::kPreallocate:
      return "preallocate";
    case FileOperation::kStat:
      return "stat";
    case FileOperation::kList:
      return "list";
    case FileOperation::kMakeDirectories:
      return "make directory";
    case FileOperation::kRename:
      return "rename";
    case FileOperation::kRemove:
      return "remove";
    case FileOperation::kSyncDirectory:
      return "sync directory";
    case FileOperation::kFreeBytes:
      return "free space";
    case FileOperation::kLock:
      return "lock";
  }
  return "use";
}

base::Status failure(int error_number, FileOperation operation, std::string_view path) {
  return base::errno_status(error_number, fmt::format("{} {}", name_of(operation), path));
}

// Without empty elements and ".".
std::vector<std::string> elements_of(std::string_view path) {
  std::vector<std::string> elements;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (const std::string_view element = path.substr(0, end); !element.empty() && element != ".") {
      elements.emplace_back(element);
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return elements;
}

FileStat stat_of(const SimNode& node) {
  FileStat stat;
  stat.bytes = node.data.size();
  stat.device = 1;
  stat.inode = node.inode;
  stat.modified = node.modified;
  stat.is_directory = node.is_directory;
  stat.is_regular = !node.is_directory;
  return stat;
}

}  // namespace

class SimFile final : public File {
 public:
  SimFile(SimFiles& files, std::shared_ptr<SimNode> node, std::string path, OpenMode mode, std::uint64_t life)
      : files_(files),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(mode != OpenMode::kRead),
        anywhere_(mode == OpenMode::kReadWrite),
        life_(life) {}

  base::StatusOr<std::string> read_at(std::uint64_t offset, std::size_t length) override {
    base::MutexLock lock(files_.mutex_);
    RETURN_IF_ERROR(begin(FileOperation::kRead));
    if (node_->is_directory) return failure(EISDIR, FileOperation::kRead, path_);
    if (offset >= node_->data.size()) return std::string();
    return node_->data.substr(offset, length);
  }

  base::StatusOr<std::size_t> read_into(std::uint64_t offset, char* buffer, std::size_t length) override {
    ASSIGN_OR_RETURN(const std::string bytes, read_at(offset, length));
    std::copy(bytes.begin(), bytes.end(), buffer);
    return bytes.size();
  }

  base::Status append(std::string_view bytes) override {
    base::MutexLock lock(files_.mutex_);
    base::Status status = begin(FileOperation::kAppend);
    if (status.ok() && !writable_) return failure(EBADF, FileOperation::kAppend, path_);
    if (status.ok()) {
      const std::uint64_t room = room_for_end();
      if (bytes.size() > room) status = failure(ENOSPC, FileOperation::kAppend, path_);
      if (!status.ok()) bytes = bytes.substr(0, room);
    } else if (!alive() || !writable_ || files_.power_is_off()) {
      return status;
    } else if (!bytes.empty()) {
      bytes = bytes.substr(0, files_.fault_random_() % bytes.size());
    }
    node_->data += bytes;
    files_.touch(*node_);
    return status;
  }

  base::Status write_at(std::uint64_t offset, std::string_view bytes) override {
    base::MutexLock lock(files_.mutex_);
    base::Status status = begin(FileOperation::kWrite);
    if (status.ok() && !anywhere_) return failure(EBADF, FileOperation::kWrite, path_);
    if (status.ok()) {
      const std::uint64_t size = node_->data.size();
      const std::uint64_t room = room_for_end();
      const std::uint64_t end = offset + bytes.size();
      if (end > size && end - size > room) {
        status = failure(ENOSPC, FileOperation::kWrite, path_);
        if (offset >= size + room) return status;
        bytes = bytes.substr(0, static_cast<std::size_t>(size + room - offset));
      }
    } else if (!alive() || !anywhere_ || files_.power_is_off()) {
      return status;
    } else if (!bytes.empty()) {
      bytes = bytes.substr(0, files_.fault_random_() % bytes.size());
    }
    node_->write_file(static_cast<std::size_t>(offset), bytes);
    files_.touch(*node_);
    return status;
  }

  base::Status sync() override {
    base::MutexLock lock(files_.mutex_);
    base::Status status = begin(FileOperation::kSync);
    if (status.ok() && sync_failed_)
      status = base::data_loss_error("sync {}: an earlier sync of this file failed", path_);
    if (!status.ok() && alive() && !std::exchange(sync_failed_, true)) node_->fail_sync_file();
    if (status.ok()) node_->sync_file();
    return status;
  }

  base::Status truncate(std::uint64_t bytes) override {
    base::MutexLock lock(files_.mutex_);
    RETURN_IF_ERROR(begin(FileOperation::kTruncate));
    if (!writable_) return failure(EINVAL, FileOperation::kTruncate, path_);
    if (bytes > node_->data.size() && bytes - node_->data.size() > room_for_end()) {
      return failure(ENOSPC, FileOperation::kTruncate, path_);
    }
    node_->truncate_file(static_cast<std::size_t>(bytes));
    node_->reserved_bytes = 0;
    files_.touch(*node_);
    return base::ok_status();
  }

  base::Status preallocate(std::uint64_t bytes) override {
    base::MutexLock lock(files_.mutex_);
    RETURN_IF_ERROR(begin(FileOperation::kPreallocate));
    if (!writable_) return failure(EBADF, FileOperation::kPreallocate, path_);
    if (bytes > node_->data.size() && bytes - node_->data.size() > room_for_end()) {
      return failure(ENOSPC, FileOperation::kPreallocate, path_);
    }
    node_->reserved_bytes = std::max(node_->reserved_bytes, bytes);
    return base::ok_status();
  }

  base::StatusOr<FileStat> stat() override {
    base::MutexLock lock(files_.mutex_);
    RETURN_IF_ERROR(begin(FileOperation::kStat));
    return stat_of(*node_);
  }

 private:
  bool alive() const REQUIRES(files_.mutex_) { return life_ == files_.life_; }
  base::Status begin(FileOperation operation) REQUIRES(files_.mutex_) {
    if (!alive())
      return base::unavailable_error("{} {}: the process that opened it is gone", name_of(operation), path_);
    return files_.begin(operation, path_);
  }
  // How many bytes the file can grow by: its reservation and what the disk has left.
  std::uint64_t room_for_end() const REQUIRES(files_.mutex_) {
    if (files_.capacity_ == UINT64_MAX) return UINT64_MAX;
    const std::uint64_t used = files_.used_locked();
    const std::uint64_t free = files_.capacity_ > used ? files_.capacity_ - used : 0;
    const std::uint64_t size = node_->data.size();
    return free + (node_->reserved_bytes > size ? node_->reserved_bytes - size : 0);
  }

  SimFiles& files_;
  const std::shared_ptr<SimNode> node_;
  const std::string path_;
  const bool writable_;
  const bool anywhere_;  // write_at
  const std::uint64_t life_;
  bool sync_failed_ = false;
};

class SimLock final : public FileLock {
 public:
  SimLock(SimFiles& files, std::uint64_t inode, std::uint64_t life) : files_(files), inode_(inode), life_(life) {}
  ~SimLock() override {
    base::MutexLock lock(files_.mutex_);
    const auto it = files_.locked_inodes_.find(inode_);
    if (it != files_.locked_inodes_.end() && it->second == life_) files_.locked_inodes_.erase(it);
  }

 private:
  SimFiles& files_;
  const std::uint64_t inode_;
  const std::uint64_t life_;
};

SimFiles::SimFiles(const base::Clock* clock) : clock_(clock) {
  base::MutexLock lock(mutex_);
  root_ = make_node(true);
}

SimFiles::~SimFiles() = default;

base::Status SimFiles::begin(FileOperation operation, const std::string& path) {
  ++operations_;
  ++counts_[static_cast<std::size_t>(operation)];
  if (power_is_off()) {
    return base::unavailable_error("{} {}: the power is off", name_of(operation), path);
  }
  if (fail_at_ != 0 && operations_ == fail_at_) return failure(fail_with_, operation, path);
  if (path.find('\0') != std::string::npos) {
    return base::invalid_argument_error("{} {}: the path contains a NUL byte", name_of(operation), path.c_str());
  }
  return hook_ ? hook_(operation, path) : base::ok_status();
}

int SimFiles::find(const std::string& path, Place& place) {
  if (path.empty()) return ENOENT;
  std::vector<NodePtr> way = {root_};
  place = {nullptr, "", root_};
  for (const std::string& element : elements_of(path)) {
    if (place.node == nullptr) return ENOENT;
    if (!place.node->is_directory) return ENOTDIR;
    if (element == "..") {
      if (way.size() > 1) way.pop_back();
      place = {nullptr, "", way.back()};
      continue;
    }
    const NodePtr directory = place.node;
    const auto it = directory->entries.find(element);
    place = {directory, element, it == directory->entries.end() ? nullptr : it->second};
    way.push_back(place.node);
  }
  if (path.back() == '/' && place.node != nullptr && !place.node->is_directory) return ENOTDIR;
  return 0;
}

SimFiles::NodePtr SimFiles::make_node(bool is_directory) {
  auto node = std::make_shared<SimNode>();
  node->is_directory = is_directory;
  node->inode = next_inode_++;
  touch(*node);
  return node;
}

void SimFiles::touch(SimNode& node) {
  ++changes_;
  node.modified = clock_ != nullptr ? clock_->now() : base::UnixNanos{changes_};
}

base::StatusOr<std::unique_ptr<File>> SimFiles::open(const std::string& path, OpenMode mode) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kOpen, path));
  Place place;
  if (const int error = find(path, place); error != 0) return failure(error, FileOperation::kOpen, path);
  if (mode == OpenMode::kCreateNew) {
    if (place.node != nullptr) return failure(EEXIST, FileOperation::kOpen, path);
    place.node = make_node(false);
    place.directory->change_entries({"", place.name, place.node});
  }
  if (place.node == nullptr) return failure(ENOENT, FileOperation::kOpen, path);
  const bool writable = mode != OpenMode::kRead;
  if (writable && place.node->is_directory) return failure(EISDIR, FileOperation::kOpen, path);
  return std::make_unique<SimFile>(*this, place.node, path, mode, life_);
}

base::StatusOr<FileStat> SimFiles::stat(const std::string& path) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kStat, path));
  Place place;
  if (const int error = find(path, place); error != 0) return failure(error, FileOperation::kStat, path);
  if (place.node == nullptr) return failure(ENOENT, FileOperation::kStat, path);
  return stat_of(*place.node);
}

base::StatusOr<std::vector<std::string>> SimFiles::list(const std::string& path) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kList, path));
  Place place;
  if (const int error = find(path, place); error != 0) return failure(error, FileOperation::kList, path);
  if (place.node == nullptr) return failure(ENOENT, FileOperation::kList, path);
  if (!place.node->is_directory) return failure(ENOTDIR, FileOperation::kList, path);
  std::vector<std::string> names;
  for (const auto& [name, node] : place.node->entries) names.push_back(name);
  return names;
}

base::Status SimFiles::make_directories(const std::string& path) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kMakeDirectories, path));
  return make_directories_locked(path);
}

base::Status SimFiles::make_directories_locked(const std::string& path) {
  Place place;
  int error = find(path, place);
  if (error == ENOENT && !path.empty()) {
    RETURN_IF_ERROR(make_directories_locked(parent_directory(path)));
    error = find(path, place);
  }
  if (error != 0) return failure(error, FileOperation::kMakeDirectories, path);
  if (place.node == nullptr) place.directory->change_entries({"", place.name, make_node(true)});
  if (place.node != nullptr && !place.node->is_directory) {
    return base::already_exists_error("make directory {}: there is something else of that name", path);
  }
  if (place.directory != nullptr) place.directory->sync_entries();
  return base::ok_status();
}

base::Status SimFiles::rename(const std::string& from, const std::string& to) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kRename, from));
  return rename_locked(from, to, true);
}

base::Status SimFiles::rename_if_absent(const std::string& from, const std::string& to) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kRename, from));
  return rename_locked(from, to, false);
}

base::Status SimFiles::rename_locked(const std::string& from, const std::string& to, bool replace) {
  const std::string both = fmt::format("{} to {}", from, to);
  const auto fail = [&both](int error) { return failure(error, FileOperation::kRename, both); };
  Place source;
  Place target;
  if (const int error = find(from, source); error != 0) return fail(error);
  if (source.node == nullptr) return fail(ENOENT);
  if (const int error = find(to, target); error != 0) return fail(error);
  if (target.node != nullptr && !replace) return fail(EEXIST);
  if (source.node == target.node) return base::ok_status();
  if (source.directory == nullptr || target.directory == nullptr) return fail(EBUSY);
  if (target.node != nullptr && target.node->is_directory != source.node->is_directory) {
    return fail(target.node->is_directory ? EISDIR : ENOTDIR);
  }
  if (target.node != nullptr && !target.node->entries.empty()) return fail(ENOTEMPTY);
  if (source.node->is_directory && (to + "/").starts_with(from + "/")) return fail(EINVAL);
  if (source.directory == target.directory) {
    source.directory->change_entries({source.name, target.name, source.node});
  } else {
    source.directory->change_entries({source.name, "", source.node});
    target.directory->change_entries({"", target.name, source.node});
  }
  return base::ok_status();
}

base::Status SimFiles::remove(const std::string& path) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kRemove, path));
  Place place;
  if (const int error = find(path, place); error != 0) return failure(error, FileOperation::kRemove, path);
  if (place.node == nullptr) return failure(ENOENT, FileOperation::kRemove, path);
  if (place.directory == nullptr) return failure(EBUSY, FileOperation::kRemove, path);
  if (!place.node->entries.empty()) return failure(ENOTEMPTY, FileOperation::kRemove, path);
  place.directory->change_entries({place.name, "", place.node});
  return base::ok_status();
}

base::Status SimFiles::sync_directory(const std::string& path) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kSyncDirectory, path));
  Place place;
  if (const int error = find(path, place); error != 0) return failure(error, FileOperation::kSyncDirectory, path);
  if (place.node == nullptr) return failure(ENOENT, FileOperation::kSyncDirectory, path);
  if (!place.node->is_directory) return failure(ENOTDIR, FileOperation::kSyncDirectory, path);
  place.node->sync_entries();
  return base::ok_status();
}

base::StatusOr<std::uint64_t> SimFiles::free_bytes(const std::string& path) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kFreeBytes, path));
  Place place;
  if (const int error = find(path, place); error != 0) return failure(error, FileOperation::kFreeBytes, path);
  if (place.node == nullptr) return failure(ENOENT, FileOperation::kFreeBytes, path);
  const std::uint64_t used = used_locked();
  return capacity_ > used ? capacity_ - used : 0;
}

base::StatusOr<std::unique_ptr<FileLock>> SimFiles::lock(const std::string& path) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(begin(FileOperation::kLock, path));
  Place place;
  if (const int error = find(path, place); error != 0) return failure(error, FileOperation::kLock, path);
  if (place.node == nullptr) {
    place.node = make_node(false);
    place.directory->change_entries({"", place.name, place.node});
  }
  if (place.node->is_directory) return failure(EISDIR, FileOperation::kLock, path);
  if (!locked_inodes_.emplace(place.node->inode, life_).second) {
    return base::failed_precondition_error("lock {}: held by process {}; stop it first, or use another directory", path,
                                           ::getpid());
  }
  place.node->truncate_file(0);
  place.node->data = fmt::format("{}\n", ::getpid());
  return std::make_unique<SimLock>(*this, place.node->inode, life_);
}

void SimFiles::crash(std::uint64_t seed) {
  base::MutexLock lock(mutex_);
  std::mt19937_64 random(seed);
  root_->crash(random);
  ++life_;
  locked_inodes_.clear();
  power_off_at_ = 0;
}

void SimFiles::kill() {
  base::MutexLock lock(mutex_);
  ++life_;
  locked_inodes_.clear();
}

void SimFiles::set_fault_hook(FaultHook hook) {
  base::MutexLock lock(mutex_);
  hook_ = std::move(hook);
}

void SimFiles::fail_operation(std::uint64_t nth, int error_number) {
  base::MutexLock lock(mutex_);
  fail_at_ = nth == 0 ? 0 : operations_ + nth;
  fail_with_ = error_number;
}

void SimFiles::power_off_at(std::uint64_t nth) {
  base::MutexLock lock(mutex_);
  power_off_at_ = nth == 0 ? 0 : operations_ + nth;
}

void SimFiles::set_capacity(std::uint64_t bytes) {
  base::MutexLock lock(mutex_);
  capacity_ = bytes;
}

base::Status SimFiles::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
  base::MutexLock lock(mutex_);
  Place place;
  if (const int error = find(path, place); error != 0) return failure(error, FileOperation::kOpen, path);
  if (place.node == nullptr) return failure(ENOENT, FileOperation::kOpen, path);
  if (offset >= place.node->data.size()) return base::out_of_range_error("flip bit {}: offset={}", path, offset);
  char& byte = place.node->data[offset];
  byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
  return base::ok_status();
}

std::uint64_t SimFiles::count(FileOperation operation) const {
  base::MutexLock lock(mutex_);
  return counts_[static_cast<std::size_t>(operation)];
}

std::uint64_t SimFiles::operations() const {
  base::MutexLock lock(mutex_);
  return operations_;
}

std::uint64_t SimFiles::used_bytes() const {
  base::MutexLock lock(mutex_);
  return used_locked();
}

std::uint64_t SimFiles::used_locked() const {
  return root_->bytes_below();
}

}  // namespace cordwood::io
