// One watch for each directory: it tells of the files in it too, so that 100,000 files do not need 100,000 watches.
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "agent/notifier.h"

namespace cordwood::agent {

namespace {

constexpr std::uint32_t kNameEvents =
    IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kEvents = kNameEvents | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;
// One call reads at most this much; the rest stays in the kernel's queue for the next.
constexpr std::size_t kReadsMax = 64;
// Remembered between two calls of take(); more of them are an overflow.
constexpr std::size_t kModifiedMax = 4096;
constexpr std::size_t kEventsMax = 16 << 10;

// Other hosts change files there too, of which the kernel here tells nothing. Numbers of linux/magic.h and of the file
// systems' sources.
bool is_shared(const std::string& directory) {
  struct statfs info{};
  if (::statfs(directory.c_str(), &info) != 0) return true;
  static constexpr std::uint64_t kShared[] = {
      0x6969,      // NFS
      0x517b,      // SMB
      0xfe534d42,  // SMB 2
      0xff534d42,  // CIFS
      0x65735546,  // FUSE
      0x01021997,  // 9P
      0x00c36400,  // Ceph
      0x0bd00bd0,  // Lustre
      0x47504653,  // GPFS
      0x5346414f,  // AFS
      0x6b414653,  // AFS of the kernel
      0x7461636f,  // OCFS2
      0x01161970,  // GFS2
  };
  const auto type = static_cast<std::uint64_t>(info.f_type) & 0xffffffff;
  return std::find(std::begin(kShared), std::end(kShared), type) != std::end(kShared);
}

class InotifyNotifier final : public ChangeNotifier {
 public:
  explicit InotifyNotifier(int fd) : fd_(fd) {}
  ~InotifyNotifier() override { ::close(fd_); }

  Watched watch(const std::vector<std::string>& directories) override {
    Watched watched;
    std::map<std::string, int> next;
    for (const std::string& directory : directories) {
      // Adding again gives the same watch, or a new one if the directory was replaced.
      const int watch = inotify_add_watch(fd_, directory.c_str(), kEvents | IN_ONLYDIR);
      if (watch < 0) {
        ++watched.failed;
        continue;
      }
      next[directory] = watch;
      if (!directories_.contains(watch)) ++watched.added;
      if (is_shared(directory)) ++watched.failed;
    }
    std::map<int, std::string> by_watch;
    for (const auto& [directory, watch] : next) by_watch[watch] = directory;
    for (const auto& [watch, directory] : directories_) {
      if (!by_watch.contains(watch)) inotify_rm_watch(fd_, watch);
    }
    directories_ = std::move(by_watch);
    return watched;
  }

  Changes take() override {
    Changes changes;
    moved_from_.clear();
    alignas(inotify_event) char buffer[16 << 10];
    for (std::size_t i = 0; i < kReadsMax; ++i) {
      const ssize_t n = ::read(fd_, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      for (const char* at = buffer; at < buffer + n;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        note(*event, changes);
        at += sizeof(inotify_event) + event->len;
      }
    }
    std::sort(changes.modified.begin(), changes.modified.end());
    changes.modified.erase(std::unique(changes.modified.begin(), changes.modified.end()), changes.modified.end());
    return changes;
  }

 private:
  void note_file(const inotify_event& event, const std::string& path, Changes& changes) {
    using Kind = FileEvent::Kind;
    if ((event.mask & IN_ISDIR) != 0 || changes.events.size() >= kEventsMax) return;
    if ((event.mask & IN_CREATE) != 0) {
      changes.events.push_back({Kind::kAppeared, path, {}, false});
    } else if ((event.mask & IN_MODIFY) != 0) {
      changes.events.push_back({Kind::kWritten, path, {}, false});
    } else if ((event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
      // A move is one event when its other half follows.
      if ((event.mask & IN_MOVED_FROM) != 0) moved_from_[event.cookie] = changes.events.size();
      changes.events.push_back({Kind::kGone, path, {}, false});
    } else if ((event.mask & IN_MOVED_TO) != 0) {
      const auto from = moved_from_.find(event.cookie);
      if (from == moved_from_.end()) {
        changes.events.push_back({Kind::kAppeared, path, {}, true});
      } else {
        FileEvent& moved = changes.events[from->second];
        moved.kind = Kind::kMoved;
        moved.to = path;
      }
    }
  }

  void note(const inotify_event& event, Changes& changes) {
    if ((event.mask & (kNameEvents | IN_Q_OVERFLOW)) != 0) changes.names = true;
    if (event.len == 0) return;
    const auto it = directories_.find(event.wd);
    if (it == directories_.end()) return;
    std::string path = (it->second == "/" ? "/" : it->second + "/") + event.name;
    note_file(event, path, changes);
    if ((event.mask & (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)) == 0) return;
    // A burst of writes to one file is one change.
    if (!changes.modified.empty() && changes.modified.back() == path) return;
    if (changes.modified.size() >= kModifiedMax) {
      changes.names = true;
    } else {
      changes.modified.push_back(std::move(path));
    }
  }

  const int fd_;
  std::map<int, std::string> directories_;
  std::map<std::uint32_t, std::size_t> moved_from_;  // cookie -> index of its event in this take()
};

}  // namespace

base::StatusOr<std::unique_ptr<ChangeNotifier>> make_inotify_notifier() {
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return base::errno_status(errno, "inotify_init1");
  return std::make_unique<InotifyNotifier>(fd);
}

}  // namespace cordwood::agent
