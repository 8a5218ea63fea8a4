#include "base/sim_executor.h"

namespace cordwood::base {

SimExecutor::SimExecutor(std::uint64_t seed, UnixNanos start) : random_(seed) {
  clock_.monotonic_now = MonotonicNanos{start.value};
}

void SimExecutor::post(std::function<void()> work) {
  ready_.push_back(std::move(work));
}

void SimExecutor::post_after(nanoseconds delay, std::function<void()> work) {
  timers_.emplace(clock_.monotonic_now + delay, std::move(work));
}

bool SimExecutor::step(MonotonicNanos limit) {
  if (ready_.empty()) {
    if (timers_.empty() || timers_.begin()->first > limit) return false;
    clock_.monotonic_now = std::max(clock_.monotonic_now, timers_.begin()->first);
    while (!timers_.empty() && timers_.begin()->first <= clock_.monotonic_now) {
      ready_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
  }
  const std::size_t pick = random_() % ready_.size();
  std::function<void()> work = std::move(ready_[pick]);
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(pick));
  work();
  return true;
}

void SimExecutor::drive_until(const std::atomic<bool>& done) {
  while (!done.load()) {
    CHECK_MSG(step(MonotonicNanos{INT64_MAX}), "simulation deadlock: nothing is ready and no timer is set");
  }
}

void SimExecutor::run_for(nanoseconds span) {
  const MonotonicNanos limit = clock_.monotonic_now + span;
  while (step(limit)) {
  }
  clock_.monotonic_now = limit;
}

}  // namespace cordwood::base
