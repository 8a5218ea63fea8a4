#include "exec/step_grid.h"

#include <algorithm>

#include "base/check.h"

namespace cordwood::exec {
namespace {

std::uint64_t distance(UnixNanos from, UnixNanos to) {
  return static_cast<std::uint64_t>(to.value) - static_cast<std::uint64_t>(from.value);
}

}  // namespace

StepGrid StepGrid::make(UnixNanos start, UnixNanos end, nanoseconds step) {
  if (end <= start) return {start, step, 1};
  CHECK(step.count() > 0);
  return {start, step, static_cast<std::size_t>(distance(start, end) / static_cast<std::uint64_t>(step.count())) + 1};
}

WindowPanes::WindowPanes(StepGrid grid, nanoseconds range, nanoseconds offset)
    : grid_(grid), range_(range), offset_(offset), first_start_(grid.start - range) {
  CHECK(grid.count > 0);
  // (a, b] in whole nanoseconds is [a + 1, b + 1).
  times_.begin = first_start_ - offset + nanoseconds(1);
  times_.end = grid.last() - offset + nanoseconds(1);
}

std::size_t WindowPanes::started(std::uint64_t since_first_start) const {
  if (grid_.count == 1) return 1;
  const auto step = static_cast<std::uint64_t>(grid_.step.count());
  return static_cast<std::size_t>(std::min<std::uint64_t>(grid_.count, (since_first_start - 1) / step + 1));
}

std::size_t WindowPanes::ended(UnixNanos time) const {
  if (time <= grid_.start) return 0;
  if (grid_.count == 1) return 1;
  const auto step = static_cast<std::uint64_t>(grid_.step.count());
  return static_cast<std::size_t>(std::min<std::uint64_t>(grid_.count, (distance(grid_.start, time) - 1) / step + 1));
}

std::size_t WindowPanes::pane_of(UnixNanos time) const {
  return locate(time).index;
}

WindowPanes::Pane WindowPanes::locate(UnixNanos time) const {
  if (!times_.contains(time)) return {kNoPane, time, time};
  const UnixNanos moved = time + offset_;
  const std::size_t starts = started(distance(first_start_, moved));
  const std::size_t ends = ended(moved);
  // The pane reaches from the last bound before the time to the next one.
  UnixNanos after = grid_.at(starts - 1) - range_;
  if (ends > 0) after = std::max(after, grid_.at(ends - 1));
  UnixNanos until = ends < grid_.count ? grid_.at(ends) : moved;
  if (starts < grid_.count) until = std::min(until, grid_.at(starts) - range_);
  Pane pane{starts > ends ? starts + ends - 1 : kNoPane, after + nanoseconds(1) - offset_, until - offset_};
  // Sums that saturated say nothing about neighbours.
  if (pane.last < time || time < pane.first) pane.first = pane.last = time;
  return pane;
}

WindowPanes::Run WindowPanes::window(std::size_t step) const {
  // Just after its start `step + 1` windows have started, and those with an end at or before its start have ended.
  const UnixNanos begin = grid_.at(step) - range_;
  const std::size_t ended_before = ended(begin + nanoseconds(1));
  // At its end `step` windows have ended, and those that start before it have started.
  const std::size_t started_before = started(distance(first_start_, grid_.at(step)));
  return {step + ended_before, started_before + step - 1};
}

}  // namespace cordwood::exec
