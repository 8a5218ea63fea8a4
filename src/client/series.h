// Loki's small endpoints as the command line uses them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "client/coverage.h"
#include "client/endpoint.h"
#include "core/labels.h"

namespace cordwood::client {

// Label sets of the streams that match; none = everything kept.
base::StatusOr<std::vector<core::Labels>> list_series(Connection& connection, std::string_view selector,
                                                      std::optional<base::UnixNanos> from,
                                                      std::optional<base::UnixNanos> to);
// Strings of the answer's `data`: for labels and values.
base::StatusOr<std::vector<std::string>> list_strings(Connection& connection, std::string_view path,
                                                      const io::HttpParams& parameters);

struct MetricSeries {
  core::Labels labels;
  std::vector<std::pair<base::UnixNanos, std::string>> samples;  // values as the server prints them
};
struct MetricAnswer {
  std::vector<MetricSeries> series;
  std::optional<CoverageNote> coverage;  // of servers that tell
};
// A metric query at one time, or over a range when `step` is given.
base::StatusOr<MetricAnswer> run_metric_query(Connection& connection, std::string_view query,
                                              std::optional<base::UnixNanos> from, base::UnixNanos to,
                                              std::optional<base::nanoseconds> step);

}  // namespace cordwood::client
