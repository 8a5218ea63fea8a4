// What a range aggregation keeps for one pane of one series. Each state can be merged with that of another part of the
// same pane or of a neighbouring pane in any order, so that an answer does not depend on how rows are split over
// blocks, parts and threads. Sums are compensated (A. Neumaier, 1974) for the same reason.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/query_runner.h"
#include "exec/matrix.h"

namespace cordwood::exec {

// One sample on its way into a state. `position` breaks ties between samples of one time and is only looked at where
// the kernel needs it.
struct RangeSample {
  double value = 0;
  const core::RowPosition* position = nullptr;
};

struct CountState {
  static constexpr bool kNeedsPosition = false;
  std::uint64_t count = 0;

  bool empty() const { return count == 0; }
  void add(const RangeSample&) { ++count; }
  void merge(const CountState& other) { count += other.count; }
};

struct SumState {
  static constexpr bool kNeedsPosition = false;
  std::uint64_t count = 0;
  double sum = 0;
  double carry = 0;

  bool empty() const { return count == 0; }
  void add(const RangeSample& sample) {
    ++count;
    add_value(sample.value);
  }
  void merge(const SumState& other) {
    count += other.count;
    add_value(other.sum);
    carry += other.carry;
  }
  double value() const { return std::isfinite(sum) && std::isfinite(carry) ? sum + carry : sum; }

 private:
  void add_value(double x) {
    const double next = sum + x;
    carry += std::abs(sum) >= std::abs(x) ? (sum - next) + x : (x - next) + sum;
    sum = next;
  }
};

// A mean whose sum does not overflow: values are added scaled by a power of two, which is exact.
struct MeanState {
  static constexpr bool kNeedsPosition = false;
  SumState scaled;

  bool empty() const { return scaled.empty(); }
  void add(const RangeSample& sample) { scaled.add({sample.value * 0x1p-64, nullptr}); }
  void merge(const MeanState& other) { scaled.merge(other.scaled); }
  double value() const { return scaled.value() / static_cast<double>(scaled.count) * 0x1p64; }
};

// The smallest or largest; NaN only when there is nothing else.
template <bool kMax>
struct ExtremeState {
  static constexpr bool kNeedsPosition = false;
  double value = absent();

  bool empty() const { return is_absent(value); }
  void add(const RangeSample& sample) { take(sample.value); }
  void merge(const ExtremeState& other) {
    if (!other.empty()) take(other.value);
  }

 private:
  void take(double x) {
    if (std::isnan(value)) {
      if (empty() || !std::isnan(x)) value = std::isnan(x) ? std::numeric_limits<double>::quiet_NaN() : x;
    } else if (kMax ? x > value : x < value) {
      value = x;
    }
  }
};

// Population variance by Welford's updates, merged by Chan's.
struct VarianceState {
  static constexpr bool kNeedsPosition = false;
  std::uint64_t count = 0;
  double mean = 0;
  double squares = 0;

  bool empty() const { return count == 0; }
  void add(const RangeSample& sample) {
    ++count;
    const double delta = sample.value - mean;
    mean += delta / static_cast<double>(count);
    squares += delta * (sample.value - mean);
  }
  void merge(const VarianceState& other) {
    if (other.empty()) return;
    if (empty()) {
      *this = other;
      return;
    }
    const auto n = static_cast<double>(count);
    const auto m = static_cast<double>(other.count);
    const double delta = other.mean - mean;
    count += other.count;
    mean += delta * (m / (n + m));
    squares += other.squares + delta * delta * (n * m / (n + m));
  }
  double variance() const { return squares / static_cast<double>(count); }
};

// The sample that comes first or last in the order of positions.
template <bool kLast>
struct EndState {
  static constexpr bool kNeedsPosition = true;
  core::RowPosition position;
  double value = absent();

  bool empty() const { return is_absent(value); }
  void add(const RangeSample& sample) { take(*sample.position, sample.value); }
  void merge(const EndState& other) {
    if (!other.empty()) take(other.position, other.value);
  }

 private:
  void take(const core::RowPosition& at, double x) {
    if (!empty() && (kLast ? at < position : position < at)) return;
    position = at;
    value = x;
  }
};

// Quantiles are exact, so all values are kept.
struct ValuesState {
  static constexpr bool kNeedsPosition = false;
  std::vector<double> values;

  bool empty() const { return values.empty(); }
  void add(const RangeSample& sample) { values.push_back(sample.value); }
  std::size_t size() const { return values.size(); }
  void reserve(std::size_t count) { values.reserve(count); }
  void merge(const ValuesState& other) { values.insert(values.end(), other.values.begin(), other.values.end()); }
};

// rate_counter looks at neighbours in time, so all samples are kept with their positions.
struct SamplesState {
  static constexpr bool kNeedsPosition = true;
  struct Sample {
    core::RowPosition position;
    double value = 0;
  };
  std::vector<Sample> samples;

  bool empty() const { return samples.empty(); }
  void add(const RangeSample& sample) { samples.push_back({*sample.position, sample.value}); }
  std::size_t size() const { return samples.size(); }
  void reserve(std::size_t count) { samples.reserve(count); }
  void merge(const SamplesState& other) { samples.insert(samples.end(), other.samples.begin(), other.samples.end()); }
};

// What a state holds beyond its own size, for the memory budget.
template <typename State>
std::size_t bytes_behind(const State& state) {
  if constexpr (requires { state.values; }) return state.values.capacity() * sizeof(double);
  if constexpr (requires { state.samples; }) return state.samples.capacity() * sizeof(SamplesState::Sample);
  return 0;
}

// Linear interpolation between the two nearest ranks, as Prometheus' quantile. Reorders `values`, which is not empty.
double quantile_of(double q, std::vector<double>& values);

// Prometheus' rate of a counter over the window (window_end - range, window_end]: resets are added, the ends
// extrapolated by at most half a distance between samples. `samples` are in order of position; fewer than two give 0.
double counter_rate(const std::vector<SamplesState::Sample>& samples, base::UnixNanos window_end,
                    base::nanoseconds range);

}  // namespace cordwood::exec
