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
  // From now on exactly these directories (not what is below them) are watched. Gives how many could not be.
  virtual std::size_t watch(const std::vector<std::string>& directories) = 0;
  struct Changes {
    bool names = false;                 // a file appeared, went or was renamed somewhere, or events were lost
    std::vector<std::string> modified;  // paths of files that were written to
  };
  // What happened since the last call.
  virtual Changes take() = 0;
};

// inotify. Unavailable when the user's instances are used up.
base::StatusOr<std::unique_ptr<ChangeNotifier>> make_inotify_notifier();

}  // namespace cordwood::agent
