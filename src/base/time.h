// Points in time as a strong type; durations are std::chrono::nanoseconds.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>

namespace cordwood::base {

using std::chrono::nanoseconds;

// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Covers the years 1677 to 2262.
struct UnixNanos {
  std::int64_t value = 0;

  auto operator<=>(const UnixNanos&) const = default;
  static constexpr UnixNanos min() { return {std::numeric_limits<std::int64_t>::min()}; }
  static constexpr UnixNanos max() { return {std::numeric_limits<std::int64_t>::max()}; }
};

// Nanoseconds of a clock that never goes back and is unrelated to the date: for time-outs and latencies.
struct MonotonicNanos {
  std::int64_t value = 0;
  auto operator<=>(const MonotonicNanos&) const = default;
};

// Sums and differences saturate at the ends of the range instead of overflowing: times come from outside.
constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    return b < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}
constexpr std::int64_t saturating_subtract(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) {
    return b < 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
  }
  return difference;
}
constexpr UnixNanos operator+(UnixNanos t, nanoseconds d) {
  return {saturating_add(t.value, d.count())};
}
constexpr UnixNanos operator-(UnixNanos t, nanoseconds d) {
  return {saturating_subtract(t.value, d.count())};
}
constexpr nanoseconds operator-(UnixNanos a, UnixNanos b) {
  return nanoseconds(saturating_subtract(a.value, b.value));
}
constexpr MonotonicNanos operator+(MonotonicNanos t, nanoseconds d) {
  return {saturating_add(t.value, d.count())};
}
constexpr nanoseconds operator-(MonotonicNanos a, MonotonicNanos b) {
  return nanoseconds(saturating_subtract(a.value, b.value));
}

}  // namespace cordwood::base
