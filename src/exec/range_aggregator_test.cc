#include "exec/range_aggregator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/random.h"

namespace cordwood::exec {
namespace {

struct Sample {
  std::int64_t time;
  double value;
};

// The definition of an aggregation over the samples of a window in order of time.
using Definition = std::function<double(const std::vector<double>&, double range_seconds)>;

double mean(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}
double variance(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += (x - mean(v)) * (x - mean(v));
  return sum / static_cast<double>(v.size());
}

const std::vector<std::pair<RangeKernel, Definition>> kDefinitions = {
    {RangeKernel::kCount, [](const auto& v, double) { return static_cast<double>(v.size()); }},
    {RangeKernel::kCountRate, [](const auto& v, double r) { return static_cast<double>(v.size()) / r; }},
    {RangeKernel::kSum, [](const auto& v, double) { return std::accumulate(v.begin(), v.end(), 0.0); }},
    {RangeKernel::kSumRate, [](const auto& v, double r) { return std::accumulate(v.begin(), v.end(), 0.0) / r; }},
    {RangeKernel::kAvg, [](const auto& v, double) { return mean(v); }},
    {RangeKernel::kMin, [](const auto& v, double) { return *std::min_element(v.begin(), v.end()); }},
    {RangeKernel::kMax, [](const auto& v, double) { return *std::max_element(v.begin(), v.end()); }},
    {RangeKernel::kStdvar, [](const auto& v, double) { return variance(v); }},
    {RangeKernel::kStddev, [](const auto& v, double) { return std::sqrt(variance(v)); }},
    {RangeKernel::kFirst, [](const auto& v, double) { return v.front(); }},
    {RangeKernel::kLast, [](const auto& v, double) { return v.back(); }},
    {RangeKernel::kQuantile,
     [](const auto& v, double) {
       auto sorted = v;
       std::sort(sorted.begin(), sorted.end());
       const double rank = 0.7 * static_cast<double>(v.size() - 1);
       const auto lower = static_cast<std::size_t>(rank);
       const std::size_t upper = std::min(lower + 1, v.size() - 1);
       const double weight = rank - std::floor(rank);
       return sorted[lower] * (1 - weight) + sorted[upper] * weight;
     }},
};

base::MemoryReservation some_memory(base::MemoryBudget& budget) {
  return *budget.reserve(0);
}

core::Labels label(const std::string& name, const std::string& value) {
  std::vector<core::Label> labels{{name, value}};
  return core::Labels(std::move(labels));
}

core::RowPosition at(std::int64_t time) {
  return {{time}, {}, {}, static_cast<std::uint64_t>(time)};
}

// Samples dealt out to `workers` aggregators in random order, absorbed by the first.
void expect_definition(RangeKernel kernel, const Definition& definition, const std::vector<Sample>& samples,
                       const WindowPanes& panes, std::size_t workers, base::SeededRandom& random) {
  base::MemoryBudget budget("test", 1 << 26);
  std::vector<std::unique_ptr<RangeAggregator>> aggregators;
  for (std::size_t i = 0; i < workers; ++i) {
    aggregators.push_back(RangeAggregator::make(kernel, 0.7, panes, some_memory(budget)));
    aggregators[i]->series().intern(label("worker", std::to_string(i)));
  }
  std::vector<Sample> shuffled = samples;
  for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[random.next() % i]);
  for (const Sample& sample : shuffled) {
    const std::size_t pane = panes.pane_of({sample.time});
    if (pane == WindowPanes::kNoPane) continue;
    RangeAggregator& aggregator = *aggregators[random.next() % workers];
    const core::RowPosition position = at(sample.time);
    aggregator.add(aggregator.series().intern(label("a", "b")), pane, {sample.value, &position});
    ASSERT_TRUE(aggregator.charge().ok());
  }
  for (std::size_t i = 1; i < workers; ++i) aggregators[0]->absorb(*aggregators[i]);
  RangeAggregator& all = *aggregators[0];
  std::vector<double> values(panes.grid().count);
  all.finish(all.series().intern(label("a", "b")), values);
  for (std::size_t step = 0; step < values.size(); ++step) {
    const std::int64_t end = panes.grid().at(step).value - panes.offset().count();
    std::vector<double> window;
    for (const Sample& sample : samples) {
      if (end - panes.range().count() < sample.time && sample.time <= end) window.push_back(sample.value);
    }
    ASSERT_EQ(window.empty(), is_absent(values[step])) << step;
    if (window.empty()) continue;
    const double want = definition(window, static_cast<double>(panes.range().count()) / 1e9);
    ASSERT_NEAR(values[step], want, 1e-9 * std::max(1.0, std::abs(want)))
        << "kernel " << static_cast<int>(kernel) << " step " << step;
  }
}

TEST(RangeAggregatorTest, AgreesWithTheDefinitionHoweverSamplesAreSplit) {
  base::SeededRandom random(3);
  for (int round = 0; round < 60; ++round) {
    const StepGrid grid{{1000}, nanoseconds(1 + static_cast<std::int64_t>(random.next() % 40)), 1 + random.next() % 90};
    const WindowPanes panes(grid, nanoseconds(1 + static_cast<std::int64_t>(random.next() % 200)),
                            nanoseconds(static_cast<std::int64_t>(random.next() % 3) * 7));
    std::vector<Sample> samples;
    const std::size_t count = random.next() % 400;
    std::int64_t time = 700;
    for (std::size_t i = 0; i < count; ++i) {
      samples.push_back({time, random.next_unit() * 1e3});
      time += static_cast<std::int64_t>(random.next() % 20) + 1;
    }
    for (const auto& [kernel, definition] : kDefinitions) {
      expect_definition(kernel, definition, samples, panes, 1 + random.next() % 3, random);
    }
  }
}

double finish_one(RangeKernel kernel, const std::vector<double>& values) {
  base::MemoryBudget budget("test", 1 << 20);
  const WindowPanes panes({{1000}, nanoseconds(0), 1}, nanoseconds(1000), nanoseconds(0));
  const auto aggregator = RangeAggregator::make(kernel, 0.5, panes, some_memory(budget));
  std::int64_t time = 1;
  for (const double value : values) {
    const core::RowPosition position = at(time);
    aggregator->add(0, panes.pane_of({time}), {value, &position});
    ++time;
  }
  double result = 0;
  aggregator->finish(0, std::span(&result, 1));
  return result;
}

TEST(RangeAggregatorTest, ValuesThatAreNotFinite) {
  const double inf = HUGE_VAL;
  const double nan = std::nan("");
  EXPECT_EQ(finish_one(RangeKernel::kAvg, {inf, 5}), inf);
  EXPECT_TRUE(std::isnan(finish_one(RangeKernel::kAvg, {inf, -inf})));
  EXPECT_DOUBLE_EQ(finish_one(RangeKernel::kAvg, {1.7e308, 1.7e308}), 1.7e308);
  EXPECT_EQ(finish_one(RangeKernel::kSum, {inf, 1, 2}), inf);
  EXPECT_TRUE(std::isnan(finish_one(RangeKernel::kSum, {nan, 1})));
  EXPECT_EQ(finish_one(RangeKernel::kSum, {1e16, 1, -1e16}), 1);
  EXPECT_EQ(finish_one(RangeKernel::kMax, {nan, 7, 3}), 7);
  EXPECT_EQ(finish_one(RangeKernel::kMin, {7, nan, 3}), 3);
  EXPECT_TRUE(std::isnan(finish_one(RangeKernel::kMin, {nan, nan})));
  EXPECT_FALSE(is_absent(finish_one(RangeKernel::kMin, {nan})));
  EXPECT_TRUE(std::isnan(finish_one(RangeKernel::kStdvar, {inf})));
}

TEST(RangeAggregatorTest, CounterRateAddsResetsAndExtrapolates) {
  const auto samples = [](std::vector<std::pair<std::int64_t, double>> pairs) {
    std::vector<SamplesState::Sample> result;
    for (const auto& [second, value] : pairs) {
      core::RowPosition position;
      position.time = {second * 1'000'000'000};
      result.push_back({position, value});
    }
    return result;
  };
  const base::UnixNanos end{60'000'000'000};
  const base::nanoseconds minute = std::chrono::minutes(1);
  EXPECT_EQ(counter_rate(samples({{50, 3}}), end, minute), 0);
  // 30 s apart and 30 s from the start: extrapolated to the whole window.
  EXPECT_DOUBLE_EQ(counter_rate(samples({{30, 100}, {60, 160}}), end, minute), 2);
  // From 10 down to 5: the counter began anew, so it grew by 5.
  EXPECT_DOUBLE_EQ(counter_rate(samples({{30, 10}, {60, 5}}), end, minute), 5 * 2.0 / 60);
  // It cannot have been below zero: at 15 s the line crosses it.
  EXPECT_DOUBLE_EQ(counter_rate(samples({{30, 30}, {60, 90}}), end, minute), 60 * 1.5 / 60);
  // Far from the start it reaches half a gap back, not to the zero.
  EXPECT_DOUBLE_EQ(counter_rate(samples({{50, 80}, {60, 120}}), end, minute), 40 * 1.5 / 60);
}

TEST(RangeAggregatorTest, StopsAtTheMemoryBudget) {
  base::MemoryBudget budget("test", 3 << 20);
  const WindowPanes panes({{1000}, nanoseconds(0), 1}, nanoseconds(1000), nanoseconds(0));
  const auto aggregator = RangeAggregator::make(RangeKernel::kQuantile, 0.5, panes, some_memory(budget));
  base::Status status;
  int added = 0;
  for (; status.ok() && added < 10'000'000; ++added) {
    aggregator->add(0, 0, {1.0, nullptr});
    status = aggregator->charge();
  }
  EXPECT_EQ(status.code(), base::StatusCode::kResourceExhausted);
  EXPECT_LT(added, 1'000'000);
}

}  // namespace
}  // namespace cordwood::exec
