#include "agent/looks.h"

#include <algorithm>

namespace cordwood::agent {

void Looks::note(base::UnixNanos time, std::uint64_t end) {
  if (!looks_.empty() && looks_.back().end == end) {
    looks_.back().time = std::max(looks_.back().time, time);
    return;
  }
  if (looks_.size() >= kMax) {
    // The one whose going leaves the smallest hole, so that those that stay lie evenly over the whole wait.
    std::size_t least = 1;
    for (std::size_t i = 1; i + 1 < looks_.size(); ++i) {
      if (hole(i) < hole(least)) least = i;
    }
    looks_.erase(looks_.begin() + static_cast<std::ptrdiff_t>(least));
  }
  looks_.push_back({time, end});
}

base::UnixNanos Looks::latest(std::uint64_t offset) const {
  const auto look =
      std::find_if(looks_.rbegin(), looks_.rend(), [&](const Look& candidate) { return candidate.end <= offset; });
  return look == looks_.rend() ? base::UnixNanos{} : look->time;
}

void Looks::forget_before(std::uint64_t offset) {
  const auto look =
      std::find_if(looks_.rbegin(), looks_.rend(), [&](const Look& candidate) { return candidate.end <= offset; });
  if (look != looks_.rend()) looks_.erase(looks_.begin(), look.base() - 1);
}

void Looks::clamp(base::UnixNanos now) {
  for (Look& look : looks_) look.time = std::min(look.time, now);
}

}  // namespace cordwood::agent
