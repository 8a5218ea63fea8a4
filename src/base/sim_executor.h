// The executor of tests and of the deterministic simulation: one thread, virtual time, and an order of the ready work
// that a seed decides. Time moves only when nothing is ready, to the next timer. Not thread-safe: everything that uses
// it runs inside drive_until (sync_wait) on one thread.
#pragma once

#include <map>
#include <random>
#include <vector>

#include "base/executor.h"

namespace cordwood::base {

class SimExecutor final : public Executor {
 public:
  explicit SimExecutor(std::uint64_t seed, UnixNanos start = UnixNanos{1'790'000'000'000'000'000});

  void post(std::function<void()> work) override;
  void post_after(nanoseconds delay, std::function<void()> work) override;
  // "Blocking" work runs in its turn like any other: virtual calls take no time of their own.
  void post_blocking(std::function<void()> work) override { post(std::move(work)); }
  Clock& clock() override { return clock_; }
  void drive_until(const std::atomic<bool>& done) override;

  // Runs everything that is ready or becomes ready within `span` of virtual time.
  void run_for(nanoseconds span);
  // Moves the wall clock only (a clock jump); timers are not affected.
  void jump_wall_clock(nanoseconds by) { clock_.wall_offset = nanoseconds(clock_.wall_offset.count() + by.count()); }

 private:
  struct VirtualClock final : Clock {
    UnixNanos now() const override { return UnixNanos{monotonic_now.value} + wall_offset; }
    MonotonicNanos monotonic() const override { return monotonic_now; }
    MonotonicNanos monotonic_now;
    nanoseconds wall_offset{0};
  };
  // Runs one ready piece or moves time to the next timer not after `limit`; false when there is neither.
  bool step(MonotonicNanos limit);

  std::mt19937_64 random_;
  VirtualClock clock_;
  std::vector<std::function<void()>> ready_;
  std::multimap<MonotonicNanos, std::function<void()>> timers_;
};

}  // namespace cordwood::base
