#include "api/loki_params.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "core/labels.h"
#include "ingest/loki/rfc3339.h"
#include "logql/units.h"

namespace cordwood::api {
namespace {

constexpr std::uint32_t kDefaultLimit = 100;
constexpr nanoseconds kDefaultSince = std::chrono::hours(1);
constexpr double kInt64Limit = 9223372036854775808.0;  // 2^63

std::string quoted(std::string_view text) {
  std::string out;
  core::append_go_quoted(out, text);
  return out;
}

std::string_view param(const io::HttpParams& params, std::string_view name) {
  return io::find_param(params, name).value_or(std::string_view());
}

// strconv.ParseInt(text, 10, 64), or Atoi as `function`.
base::StatusOr<std::int64_t> parse_go_int(std::string_view text, std::string_view function) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool malformed =
      digits.empty() || end != digits.data() + digits.size() || (text.starts_with('+') && digits.starts_with('-'));
  if (error == std::errc::result_out_of_range && !malformed) {
    return base::invalid_argument_error("strconv.{}: parsing {}: value out of range", function, quoted(text));
  }
  if (malformed || error != std::errc()) {
    return base::invalid_argument_error("strconv.{}: parsing {}: invalid syntax", function, quoted(text));
  }
  return value;
}

// Ten digits reach the year 2286, nanoseconds only 2262; people write 9999999999 for "for ever".
std::int64_t saturating_seconds(std::int64_t seconds) {
  std::int64_t nanos = 0;
  if (!__builtin_mul_overflow(seconds, std::int64_t{1'000'000'000}, &nanos)) return nanos;
  return seconds < 0 ? UnixNanos::min().value : UnixNanos::max().value;
}

// Seconds with a fraction, or nullopt when it is no number that Unix nanoseconds can hold.
std::optional<UnixNanos> parse_float_seconds(std::string_view text) {
  const base::StatusOr<double> seconds = logql::parse_go_float(text);
  if (!seconds.ok() || !std::isfinite(*seconds) || std::abs(*seconds) > 9.2e9) return std::nullopt;
  double whole = 0;
  const double fraction = std::modf(*seconds, &whole);
  // Go rounds to the thousandth of a second, by way of a float.
  const double rounded = std::round(fraction * 1000) / 1000;
  return UnixNanos{static_cast<std::int64_t>(whole) * 1'000'000'000} +
         nanoseconds(static_cast<std::int64_t>(rounded * 1e9));
}

}  // namespace

base::StatusOr<UnixNanos> parse_timestamp(std::string_view text, UnixNanos fallback) {
  if (text.empty()) return fallback;
  if (text.find('.') != std::string_view::npos) {
    if (const auto time = parse_float_seconds(text)) return *time;
  }
  const base::StatusOr<std::int64_t> number = parse_go_int(text, "ParseInt");
  if (!number.ok()) {
    if (const auto time = ingest::loki::parse_rfc3339(text)) return *time;
    return number.status();
  }
  if (text.size() <= 10) return UnixNanos{saturating_seconds(*number)};
  return UnixNanos{*number};
}

base::StatusOr<nanoseconds> parse_seconds_or_duration(std::string_view text) {
  if (const base::StatusOr<double> seconds = logql::parse_go_float(text); seconds.ok()) {
    const double nanos = *seconds * 1e9;
    if (!(std::abs(nanos) < kInt64Limit)) {
      return base::invalid_argument_error("cannot parse {} to a valid duration. It overflows int64", quoted(text));
    }
    return nanoseconds(static_cast<std::int64_t>(nanos));
  }
  const base::StatusOr<nanoseconds> duration = logql::parse_prometheus_duration(text);
  if (duration.ok()) return *duration;
  return base::invalid_argument_error("cannot parse {} to a valid duration", quoted(text));
}

base::StatusOr<TimeBounds> parse_bounds(const io::HttpParams& params, UnixNanos now) {
  nanoseconds since = kDefaultSince;
  if (const std::string_view text = param(params, "since"); !text.empty()) {
    const base::StatusOr<nanoseconds> parsed = logql::parse_prometheus_duration(text);
    if (!parsed.ok()) return base::annotate(parsed.status(), "could not parse 'since' parameter");
    since = *parsed;
  }
  TimeBounds bounds;
  const base::StatusOr<UnixNanos> end = parse_timestamp(param(params, "end"), now);
  if (!end.ok()) return base::annotate(end.status(), "could not parse 'end' parameter");
  bounds.end = *end;
  // An end in the future would otherwise leave nothing of `since`.
  const base::StatusOr<UnixNanos> start = parse_timestamp(param(params, "start"), std::min(bounds.end, now) - since);
  if (!start.ok()) return base::annotate(start.status(), "could not parse 'start' parameter");
  bounds.start = *start;
  return bounds;
}

nanoseconds default_step(TimeBounds bounds) {
  const std::int64_t seconds = (bounds.end - bounds.start).count() / 250 / 1'000'000'000;
  return std::chrono::seconds(std::max<std::int64_t>(seconds, 1));
}

base::StatusOr<std::uint32_t> parse_limit(std::string_view text, std::uint32_t fallback) {
  if (text.empty()) return fallback;
  ASSIGN_OR_RETURN(const std::int64_t limit, parse_go_int(text, "Atoi"));
  if (limit <= 0) return base::invalid_argument_error("limit must be a positive value");
  return static_cast<std::uint32_t>(std::min<std::int64_t>(limit, std::numeric_limits<std::uint32_t>::max()));
}

base::StatusOr<core::Direction> parse_direction(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  if (upper.empty() || upper == "BACKWARD") return core::Direction::kBackward;
  if (upper == "FORWARD") return core::Direction::kForward;
  return base::invalid_argument_error("invalid direction '{}'", text);
}

base::StatusOr<RangeParams> parse_range_params(const io::HttpParams& params, UnixNanos now, std::uint32_t points_max) {
  RangeParams range;
  range.query = std::string(param(params, "query"));
  ASSIGN_OR_RETURN(range.bounds, parse_bounds(params, now));
  if (range.bounds.end < range.bounds.start) {
    return base::invalid_argument_error("end timestamp must not be before or equal to start time");
  }
  ASSIGN_OR_RETURN(range.limit, parse_limit(param(params, "limit"), kDefaultLimit));
  ASSIGN_OR_RETURN(range.direction, parse_direction(param(params, "direction")));
  range.step = default_step(range.bounds);
  if (const std::string_view step = param(params, "step"); !step.empty()) {
    ASSIGN_OR_RETURN(range.step, parse_seconds_or_duration(step));
  }
  if (range.step.count() <= 0) {
    return base::invalid_argument_error(
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  if ((range.bounds.end - range.bounds.start) / range.step > points_max) {
    // Loki's text, with its thousands separator.
    const std::string points = points_max == 11000 ? "11,000" : std::to_string(points_max);
    return base::invalid_argument_error(
        "exceeded maximum resolution of {} points per time series. Try increasing the value of the step parameter",
        points);
  }
  if (const std::string_view interval = param(params, "interval"); !interval.empty()) {
    ASSIGN_OR_RETURN(range.interval, parse_seconds_or_duration(interval));
  }
  if (range.interval.count() < 0) return base::invalid_argument_error("interval must be >= 0");
  return range;
}

base::StatusOr<InstantParams> parse_instant_params(const io::HttpParams& params, UnixNanos now) {
  InstantParams instant;
  instant.query = std::string(param(params, "query"));
  ASSIGN_OR_RETURN(instant.limit, parse_limit(param(params, "limit"), kDefaultLimit));
  ASSIGN_OR_RETURN(instant.time, parse_timestamp(param(params, "time"), now));
  ASSIGN_OR_RETURN(instant.direction, parse_direction(param(params, "direction")));
  return instant;
}

TimeBounds align_to_step(TimeBounds bounds, nanoseconds step) {
  const std::int64_t width = step.count();
  const auto below = [width](std::int64_t t) { return ((t % width) + width) % width; };
  TimeBounds aligned;
  aligned.start = bounds.start - nanoseconds(below(bounds.start.value));
  const std::int64_t over = below(bounds.end.value);
  aligned.end = over == 0 ? bounds.end : bounds.end + nanoseconds(width - over);
  return aligned;
}

}  // namespace cordwood::api
