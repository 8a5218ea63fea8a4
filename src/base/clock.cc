#include "base/clock.h"

#include <ctime>

namespace cordwood::base {
namespace {
std::int64_t read_clock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}
}  // namespace

UnixNanos SystemClock::now() const {
  return {read_clock(CLOCK_REALTIME)};
}
MonotonicNanos SystemClock::monotonic() const {
  return {read_clock(CLOCK_MONOTONIC)};
}

}  // namespace cordwood::base
