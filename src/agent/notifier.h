// Hears from the operating system that something changed, so that new lines are read at once. Only a hint: what it
// misses (network file systems, limits, overflow) is found by the poll.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace cordwood::agent {

// One thread at a time. No call blocks.
class ChangeNotifier {
 public:
  virtual ~ChangeNotifier() = default;
  struct Watched {
    std::size_t failed = 0;  // could not be watched, or are of a file system that tells only of this host's changes
    std::size_t added = 0;   // not watched before: what changed in them until now was not told
  };
  // From now on exactly these directories (not what is below them) are watched.
  virtual Watched watch(const std::vector<std::string>& directories) = 0;
  // Of a file, not of a directory.
  struct FileEvent {
    enum class Kind { kAppeared, kWritten, kMoved, kGone };
    Kind kind = Kind::kAppeared;
    std::string path;
    std::string to;             // of kMoved
    bool with_content = false;  // of kAppeared: it came from elsewhere, so it may not be empty
  };
  struct Changes {
    bool names = false;                 // a file appeared, went or was renamed somewhere, or events were lost
    std::vector<FileEvent> events;      // in order; some may be missing
    std::vector<std::string> modified;  // paths of files that were written to
  };
  // What happened since the last call.
  virtual Changes take() = 0;
};

// inotify. Unavailable when the user's instances are used up.
base::StatusOr<std::unique_ptr<ChangeNotifier>> make_inotify_notifier();

}  // namespace cordwood::agent
