#include "base/time.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace cordwood::base {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(TimeTest, SumsSaturate) {
  EXPECT_EQ(UnixNanos{5} + nanoseconds(7), UnixNanos{12});
  EXPECT_EQ(UnixNanos::max() + nanoseconds(1), UnixNanos::max());
  EXPECT_EQ(UnixNanos::min() + nanoseconds(-1), UnixNanos::min());
  EXPECT_EQ(UnixNanos::max() + nanoseconds(kMin), UnixNanos{-1});
  EXPECT_EQ(MonotonicNanos{kMax} + nanoseconds(kMax), MonotonicNanos{kMax});
}

TEST(TimeTest, DifferencesSaturateAndAreExactOtherwise) {
  EXPECT_EQ(UnixNanos{5} - nanoseconds(7), UnixNanos{-2});
  EXPECT_EQ(UnixNanos::min() - nanoseconds(1), UnixNanos::min());
  EXPECT_EQ(UnixNanos{0} - nanoseconds(kMin), UnixNanos::max());
  EXPECT_EQ(UnixNanos{-1} - nanoseconds(kMin), UnixNanos::max());
  EXPECT_EQ(UnixNanos{-2} - nanoseconds(kMin), UnixNanos{kMax - 1});
  EXPECT_EQ((UnixNanos::max() - UnixNanos::min()).count(), kMax);
  EXPECT_EQ((UnixNanos::min() - UnixNanos::max()).count(), kMin);
  EXPECT_EQ((UnixNanos{-5} - UnixNanos::min()).count(), kMax - 4);
  EXPECT_EQ((UnixNanos{0} - UnixNanos::max()).count(), -kMax);
  EXPECT_EQ((MonotonicNanos{kMin} - MonotonicNanos{1}).count(), kMin);
}

TEST(ClockTest, TheManualClockStandsStillAndTheSystemsDoesNotGoBack) {
  ManualClock manual(UnixNanos{100});
  EXPECT_EQ(manual.now(), UnixNanos{100});
  manual.advance(nanoseconds(5));
  EXPECT_EQ(manual.monotonic().value, 105);
  manual.set(UnixNanos{1});
  EXPECT_EQ(manual.now(), UnixNanos{1});
  const SystemClock system;
  EXPECT_GT(system.now().value, 1'700'000'000'000'000'000);
  const MonotonicNanos before = system.monotonic();
  EXPECT_GE(system.monotonic(), before);
}

}  // namespace
}  // namespace cordwood::base
