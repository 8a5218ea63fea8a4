// One watch for each directory: it tells of the files in it too, so that 100,000 files do not need 100,000 watches.
#include <sys/inotify.h>
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

class InotifyNotifier final : public ChangeNotifier {
 public:
  explicit InotifyNotifier(int fd) : fd_(fd) {}
  ~InotifyNotifier() override { ::close(fd_); }

  std::size_t watch(const std::vector<std::string>& directories) override {
    std::size_t failed = 0;
    std::map<std::string, int> next;
    for (const std::string& directory : directories) {
      // Adding again gives the same watch, or a new one if the directory was replaced.
      const int watch = inotify_add_watch(fd_, directory.c_str(), kEvents | IN_ONLYDIR);
      if (watch < 0) {
        ++failed;
      } else {
        next[directory] = watch;
      }
    }
    std::map<int, std::string> by_watch;
    for (const auto& [directory, watch] : next) by_watch[watch] = directory;
    for (const auto& [watch, directory] : directories_) {
      if (!by_watch.contains(watch)) inotify_rm_watch(fd_, watch);
    }
    directories_ = std::move(by_watch);
    return failed;
  }

  Changes take() override {
    Changes changes;
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
  void note(const inotify_event& event, Changes& changes) const {
    if ((event.mask & (kNameEvents | IN_Q_OVERFLOW)) != 0) changes.names = true;
    if ((event.mask & (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)) == 0 || event.len == 0) return;
    const auto it = directories_.find(event.wd);
    if (it == directories_.end()) return;
    std::string path = (it->second == "/" ? "/" : it->second + "/") + event.name;
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
};

}  // namespace

base::StatusOr<std::unique_ptr<ChangeNotifier>> make_inotify_notifier() {
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return base::errno_status(errno, "inotify_init1");
  return std::make_unique<InotifyNotifier>(fd);
}

}  // namespace cordwood::agent
