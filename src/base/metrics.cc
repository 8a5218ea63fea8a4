#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

#include "base/check.h"

namespace cordwood::base {
namespace {

std::string label_text(const MetricLabels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name;
    out += "=\"";
    for (const char c : value) {
      if (c == '\\' || c == '"') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += c;
      }
    }
    out += '"';
  }
  return out;
}

std::string with_braces(const std::string& labels, std::string_view extra = {}) {
  if (labels.empty() && extra.empty()) return {};
  return fmt::format("{{{}{}{}}}", labels, labels.empty() || extra.empty() ? "" : ",", extra);
}

}  // namespace

void Histogram::observe_nanos(std::int64_t nanos) {
  const std::uint64_t micros = nanos <= 0 ? 0 : static_cast<std::uint64_t>(nanos) / 1000;
  const std::size_t bucket = std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(micros)), kBuckets);
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_nanos_.fetch_add(nanos <= 0 ? 0 : static_cast<std::uint64_t>(nanos), std::memory_order_relaxed);
}

MetricsRegistry::Family& MetricsRegistry::family(std::string_view name, std::string_view help, std::string_view type) {
  auto it = families_.find(name);
  if (it == families_.end()) {
    it = families_.emplace(std::string(name), Family{}).first;
    it->second.help = std::string(help);
    it->second.type = type;
  }
  CHECK_MSG(it->second.type == type, it->first);
  return it->second;
}

Counter& MetricsRegistry::counter(std::string_view name, std::string_view help, const MetricLabels& labels) {
  MutexLock lock(mutex_);
  auto& slot = family(name, help, "counter").counters[label_text(labels)];
  if (!slot) slot = std::make_unique<Counter>();
  return *slot;
}

Gauge& MetricsRegistry::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
  MutexLock lock(mutex_);
  auto& slot = family(name, help, "gauge").gauges[label_text(labels)];
  if (!slot) slot = std::make_unique<Gauge>();
  return *slot;
}

Histogram& MetricsRegistry::histogram(std::string_view name, std::string_view help, const MetricLabels& labels) {
  MutexLock lock(mutex_);
  auto& slot = family(name, help, "histogram").histograms[label_text(labels)];
  if (!slot) slot = std::make_unique<Histogram>();
  return *slot;
}

void MetricsRegistry::gauge_function(std::string_view name, std::string_view help, std::function<double()> read) {
  MutexLock lock(mutex_);
  family(name, help, "gauge").read = std::move(read);
}

std::string MetricsRegistry::prometheus_text() const {
  MutexLock lock(mutex_);
  std::string out;
  auto to = std::back_inserter(out);
  for (const auto& [name, family] : families_) {
    fmt::format_to(to, "# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, family.type);
    if (family.read) fmt::format_to(to, "{} {}\n", name, family.read());
    for (const auto& [labels, counter] : family.counters) {
      fmt::format_to(to, "{}{} {}\n", name, with_braces(labels), counter->value());
    }
    for (const auto& [labels, gauge] : family.gauges) {
      fmt::format_to(to, "{}{} {}\n", name, with_braces(labels), gauge->value());
    }
    for (const auto& [labels, histogram] : family.histograms) {
      std::uint64_t total = 0;
      for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
        total += histogram->buckets_[i].load(std::memory_order_relaxed);
        const double le = static_cast<double>(std::uint64_t{1} << i) * 1e-6;
        fmt::format_to(to, "{}_bucket{} {}\n", name, with_braces(labels, fmt::format("le=\"{}\"", le)), total);
      }
      total += histogram->buckets_[Histogram::kBuckets].load(std::memory_order_relaxed);
      fmt::format_to(to, "{}_bucket{} {}\n", name, with_braces(labels, "le=\"+Inf\""), total);
      const double sum = static_cast<double>(histogram->sum_nanos_.load(std::memory_order_relaxed)) * 1e-9;
      fmt::format_to(to, "{}_sum{} {}\n{}_count{} {}\n", name, with_braces(labels), sum, name, with_braces(labels),
                     total);
    }
  }
  return out;
}

}  // namespace cordwood::base
