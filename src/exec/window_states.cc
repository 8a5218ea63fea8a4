#include "exec/window_states.h"

namespace cordwood::exec {
namespace {

double seconds(base::nanoseconds span) {
  return static_cast<double>(span.count()) / 1e9;
}

// NaN sorts first.
bool value_less(double a, double b) {
  if (std::isnan(a)) return !std::isnan(b);
  return a < b;
}

// How far the rate reaches beyond a first or last sample that is `distance` seconds from the window's bound.
double extrapolation(double distance, double average_gap) {
  return distance < average_gap * 1.1 ? distance : average_gap / 2;
}

}  // namespace

double quantile_of(double q, std::vector<double>& values) {
  if (std::isnan(q)) return q;
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  const double rank = q * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<std::ptrdiff_t>(std::floor(rank));
  const double weight = rank - std::floor(rank);
  std::nth_element(values.begin(), values.begin() + lower, values.end(), value_less);
  const double below = values[static_cast<std::size_t>(lower)];
  const auto rest = values.begin() + lower + 1;
  const double above = rest == values.end() ? below : *std::min_element(rest, values.end(), value_less);
  return below * (1 - weight) + above * weight;
}

double counter_rate(const std::vector<SamplesState::Sample>& samples, base::UnixNanos window_end,
                    base::nanoseconds range) {
  if (samples.size() < 2) return 0;
  const auto& first = samples.front();
  const auto& last = samples.back();
  double increase = last.value - first.value;
  double previous = 0;
  for (const auto& sample : samples) {
    if (sample.value < previous) increase += previous;
    previous = sample.value;
  }
  const double sampled = seconds(last.position.time - first.position.time);
  const double average_gap = sampled / static_cast<double>(samples.size() - 1);
  double to_start = extrapolation(seconds(first.position.time - (window_end - range)), average_gap);
  const double to_end = extrapolation(seconds(window_end - last.position.time), average_gap);
  // A counter does not go below zero, so it cannot have started earlier than where its line crosses zero.
  if (increase > 0 && first.value >= 0) to_start = std::min(to_start, sampled * (first.value / increase));
  const double covered = sampled + to_start + to_end;
  return increase * (covered / sampled) / seconds(range);
}

}  // namespace cordwood::exec
