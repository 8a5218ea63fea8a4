// The points in time at which a metric query is evaluated, and the windows of its range aggregations.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "core/time_range.h"

namespace cordwood::exec {

using base::nanoseconds;
using base::UnixNanos;

// start, start + step, ...: `count` points. An instant query has one point and any step.
struct StepGrid {
  UnixNanos start;
  nanoseconds step{0};
  std::size_t count = 1;

  UnixNanos at(std::size_t index) const { return start + nanoseconds(static_cast<std::int64_t>(index) * step.count()); }
  UnixNanos last() const { return at(count - 1); }
  // The points from `start` to at most `end`; `step` > 0 unless start == end.
  static StepGrid make(UnixNanos start, UnixNanos end, nanoseconds step);
  bool operator==(const StepGrid&) const = default;
};

// Windows (T - range, T] for each point T of a grid, moved back by `offset`, cut into panes: the pieces between any two
// neighbouring window bounds. A sample belongs to one pane and a window is a run of panes, so that a sample is counted
// once however many windows overlap (J. Li et al., "No pane, no gain", 2005). Both bounds of the runs never go back.
class WindowPanes {
 public:
  static constexpr std::size_t kNoPane = static_cast<std::size_t>(-1);

  WindowPanes(StepGrid grid, nanoseconds range, nanoseconds offset);

  const StepGrid& grid() const { return grid_; }
  nanoseconds range() const { return range_; }
  nanoseconds offset() const { return offset_; }
  // Times that lie in some window lie in here (half open, offset applied).
  core::TimeRange times() const { return times_; }
  std::size_t panes() const { return 2 * grid_.count - 1; }
  // kNoPane for a time in no window.
  std::size_t pane_of(UnixNanos time) const;
  // The pane of `time` and times around it that are known to lie in the same.
  struct Pane {
    std::size_t index = kNoPane;
    UnixNanos first = UnixNanos::max();  // closed; empty when not known
    UnixNanos last = UnixNanos::min();
  };
  Pane locate(UnixNanos time) const;

  struct Run {
    std::size_t first = 0;
    std::size_t last = 0;  // included
  };
  Run window(std::size_t step) const;

  // The last time of a pane with samples, where windows neither overlap nor leave gaps (range == step, or one window).
  UnixNanos last_of_cell(std::size_t pane) const { return grid_.at(pane / 2) - offset_; }

 private:
  // How many windows began, and how many ended, before `time` (not moved by the offset any more).
  std::size_t started(std::uint64_t since_first_start) const;
  std::size_t ended(UnixNanos time) const;

  StepGrid grid_;
  nanoseconds range_;
  nanoseconds offset_;
  UnixNanos first_start_;  // of the first window, offset not applied
  core::TimeRange times_;
};

// Remembers the pane of the last time, because rows of a stream come sorted by time.
class PaneCursor {
 public:
  explicit PaneCursor(const WindowPanes& panes) : panes_(panes) {}
  std::size_t pane_of(UnixNanos time) { return locate(time).index; }
  const WindowPanes::Pane& locate(UnixNanos time) {
    if (time < pane_.first || pane_.last < time) pane_ = panes_.locate(time);
    return pane_;
  }

 private:
  const WindowPanes& panes_;
  WindowPanes::Pane pane_;
};

}  // namespace cordwood::exec
