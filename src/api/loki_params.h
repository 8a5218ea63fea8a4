// Parameters of Loki's read endpoints, parsed as Loki parses them (grafana/loki pkg/loghttp, Apache-2.0). All functions
// are pure. Errors are InvalidArgument with Loki's text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "core/query_runner.h"
#include "io/http.h"

namespace cordwood::api {

using base::nanoseconds;
using core::UnixNanos;

// Up to ten digits are seconds, more are nanoseconds, a number with a dot is seconds (kept to the microsecond's
// thousandth as Go's arithmetic gives it), everything else RFC 3339. Empty gives `fallback`.
base::StatusOr<UnixNanos> parse_timestamp(std::string_view text, UnixNanos fallback);
// A number of seconds, or a duration like "5m".
base::StatusOr<nanoseconds> parse_seconds_or_duration(std::string_view text);

struct TimeBounds {
  UnixNanos start;
  UnixNanos end;
};
// Defaults: end = now, start = `since` (default 1h) before end or now, whichever is earlier.
base::StatusOr<TimeBounds> parse_bounds(const io::HttpParams& params, UnixNanos now);

// max(floor(seconds / 250), 1) seconds.
nanoseconds default_step(TimeBounds bounds);

struct RangeParams {
  std::string query;
  TimeBounds bounds;
  nanoseconds step{0};
  nanoseconds interval{0};
  std::uint32_t limit = 100;
  core::Direction direction = core::Direction::kBackward;
};
// Of query_range and index/stats; `points_max` is 11,000 by default (Limits::points_per_series_max).
base::StatusOr<RangeParams> parse_range_params(const io::HttpParams& params, UnixNanos now, std::uint32_t points_max);

struct InstantParams {
  std::string query;
  UnixNanos time;
  std::uint32_t limit = 100;
  core::Direction direction = core::Direction::kBackward;
};
base::StatusOr<InstantParams> parse_instant_params(const io::HttpParams& params, UnixNanos now);

base::StatusOr<std::uint32_t> parse_limit(std::string_view text, std::uint32_t fallback);
base::StatusOr<core::Direction> parse_direction(std::string_view text);

// The range that metric queries are evaluated over: start down and end up to a multiple of step since the epoch, as
// Loki's query frontend does.
TimeBounds align_to_step(TimeBounds bounds, nanoseconds step);

}  // namespace cordwood::api
