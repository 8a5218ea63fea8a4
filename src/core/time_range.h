#pragma once

#include <algorithm>

#include "base/time.h"

namespace cordwood::core {

using base::UnixNanos;

// Half open: begin <= t < end. Empty when end <= begin.
struct TimeRange {
  UnixNanos begin = UnixNanos::min();
  UnixNanos end = UnixNanos::max();

  bool empty() const { return end <= begin; }
  bool contains(UnixNanos t) const { return begin <= t && t < end; }
  bool operator==(const TimeRange&) const = default;
};

// Closed: the times of records that exist, first and last included.
struct TimeSpan {
  UnixNanos first = UnixNanos::max();
  UnixNanos last = UnixNanos::min();

  bool empty() const { return last < first; }
  void include(UnixNanos t) {
    first = std::min(first, t);
    last = std::max(last, t);
  }
  void include(const TimeSpan& other) {
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
  bool overlaps(const TimeRange& range) const { return !empty() && first < range.end && range.begin <= last; }
  bool inside(const TimeRange& range) const { return range.begin <= first && last < range.end; }
  bool operator==(const TimeSpan&) const = default;
};

}  // namespace cordwood::core
