#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cordwood::base {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsTest, TheTextIsSortedAndEscaped) {
  MetricsRegistry metrics;
  metrics.gauge("cordwood_b_bytes", "bytes now").set(-5);
  metrics.counter("cordwood_a_total", "things", {{"kind", "x"}}).add(2);
  metrics.counter("cordwood_a_total", "things", {{"kind", "q\"b\\n\n"}}).add();
  metrics.gauge_function("cordwood_c_ratio", "computed", [] { return 0.25; });
  EXPECT_EQ(metrics.prometheus_text(),
            "# HELP cordwood_a_total things\n# TYPE cordwood_a_total counter\n"
            "cordwood_a_total{kind=\"q\\\"b\\\\n\\n\"} 1\n"
            "cordwood_a_total{kind=\"x\"} 2\n"
            "# HELP cordwood_b_bytes bytes now\n# TYPE cordwood_b_bytes gauge\ncordwood_b_bytes -5\n"
            "# HELP cordwood_c_ratio computed\n# TYPE cordwood_c_ratio gauge\ncordwood_c_ratio 0.25\n");
}

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameMetric) {
  MetricsRegistry metrics;
  Counter& first = metrics.counter("cordwood_x_total", "x", {{"a", "1"}});
  EXPECT_EQ(&first, &metrics.counter("cordwood_x_total", "x", {{"a", "1"}}));
  EXPECT_NE(&first, &metrics.counter("cordwood_x_total", "x", {{"a", "2"}}));
}

TEST(MetricsTest, HistogramBucketsAreCumulative) {
  MetricsRegistry metrics;
  Histogram& seconds = metrics.histogram("cordwood_x_seconds", "x", {{"op", "put"}});
  seconds.observe_nanos(-1);                 // below the first bucket
  seconds.observe_nanos(999);                // less than 1 us
  seconds.observe_nanos(1'500);              // less than 2 us
  seconds.observe_nanos(3'600'000'000'000);  // an hour: only in +Inf
  const std::string text = metrics.prometheus_text();
  EXPECT_THAT(text, HasSubstr("cordwood_x_seconds_bucket{op=\"put\",le=\"1e-06\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("cordwood_x_seconds_bucket{op=\"put\",le=\"2e-06\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("cordwood_x_seconds_bucket{op=\"put\",le=\"67.108864\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("cordwood_x_seconds_bucket{op=\"put\",le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("cordwood_x_seconds_count{op=\"put\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("cordwood_x_seconds_sum{op=\"put\"} 3600.0000024"));
  EXPECT_THAT(text, Not(HasSubstr("_total")));
}

TEST(MetricsTest, ThreadsCountTogether) {
  MetricsRegistry metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int k = 0; k < 1000; ++k) {
        metrics.counter("cordwood_x_total", "x").add();
        metrics.histogram("cordwood_y_seconds", "y").observe_nanos(k);
      }
    });
  }
  const std::string in_between = metrics.prometheus_text();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(metrics.counter("cordwood_x_total", "x").value(), 4000U);
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("cordwood_y_seconds_count 4000\n"));
}

TEST(MetricsDeathTest, OneNameHasOneType) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  MetricsRegistry metrics;
  metrics.counter("cordwood_x_total", "x");
  EXPECT_DEATH(metrics.gauge("cordwood_x_total", "x"), "BUG: .*cordwood_x_total");
}

}  // namespace
}  // namespace cordwood::base
