// The program's own metrics in Prometheus' text format. A metric is made once and then updated without a lock; it lives
// as long as its registry. Names start with `cordwood_` and end in their unit.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace cordwood::base {

class Counter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t to) { value_.store(to, std::memory_order_relaxed); }
  void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Buckets are powers of two of a microsecond up to 64 s: for latencies.
class Histogram {
 public:
  static constexpr std::size_t kBuckets = 27;
  void observe_nanos(std::int64_t nanos);

 private:
  friend class MetricsRegistry;
  std::atomic<std::uint64_t> buckets_[kBuckets + 1] = {};
  std::atomic<std::uint64_t> sum_nanos_{0};
};

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Thread-safe. Asking twice for the same name and labels gives the same metric.
class MetricsRegistry {
 public:
  Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  // A gauge that is computed when the page is asked for; `read` must stay valid as long as the registry.
  void gauge_function(std::string_view name, std::string_view help, std::function<double()> read);

  std::string prometheus_text() const;

 private:
  struct Family {
    std::string help;
    std::string_view type;
    std::map<std::string, std::unique_ptr<Counter>> counters;  // key: labels as text
    std::map<std::string, std::unique_ptr<Gauge>> gauges;
    std::map<std::string, std::unique_ptr<Histogram>> histograms;
    std::function<double()> read;
  };
  Family& family(std::string_view name, std::string_view help, std::string_view type) REQUIRES(mutex_);
  mutable Mutex mutex_;
  std::map<std::string, Family, std::less<>> families_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::base
