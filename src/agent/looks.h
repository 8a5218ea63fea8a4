// Looks: when a content was seen how long. A look that begins at T sees every byte that was written before T; so once
// everything up to the end that it saw is accounted for, everything written before T is.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"

namespace cordwood::agent {

// Bounded: between the first and the last look of a long wait only some are kept, so an answer may be too early, never
// too late.
class Looks {
 public:
  static constexpr std::size_t kMax = 64;

  // A look that began at `time` saw no byte at or behind `end`. In the order in which they were made.
  void note(base::UnixNanos time, std::uint64_t end);
  // The latest look that saw nothing behind `offset`: what is behind was written after it. 0: no such look.
  base::UnixNanos latest(std::uint64_t offset) const;
  // The last look. 0: none.
  base::UnixNanos last() const { return looks_.empty() ? base::UnixNanos{} : looks_.back().time; }
  // Nobody will ask for an offset before this one.
  void forget_before(std::uint64_t offset);
  // The clock was set back to `now`: no look was made after it.
  void clamp(base::UnixNanos now);
  void clear() { looks_.clear(); }

 private:
  struct Look {
    base::UnixNanos time;
    std::uint64_t end = 0;
  };
  base::nanoseconds hole(std::size_t at) const { return looks_[at + 1].time - looks_[at - 1].time; }
  std::vector<Look> looks_;
};

}  // namespace cordwood::agent
