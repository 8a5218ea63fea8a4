// Go's time.Time as templates see it: an instant with a zone, formatted and parsed by layouts such as
// "2006-01-02T15:04:05.000Z07:00".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "pipeline/gotime/civil.h"
#include "pipeline/gotime/time_zone.h"

namespace cordwood::pipeline {

struct GoTime {
  std::int64_t seconds = kZeroSeconds;  // since 1970
  std::int32_t nanos = 0;               // 0 to 999,999,999
  std::shared_ptr<const TimeZone> zone = TimeZone::utc();

  // Go's zero time: January 1 of the year 1.
  static constexpr std::int64_t kZeroSeconds = -62135596800;

  static GoTime from_unix(base::UnixNanos time);
  static GoTime from_seconds(std::int64_t seconds) { return {seconds, 0, TimeZone::utc()}; }
  GoTime in(std::shared_ptr<const TimeZone> other) const { return {seconds, nanos, std::move(other)}; }
  bool is_zero() const { return seconds == kZeroSeconds && nanos == 0; }
  // Wraps around outside of the years 1677 to 2262, as in Go.
  std::int64_t unix_nanos() const;
  CivilTime civil() const;
  int weekday() const;   // 0 = Sunday
  int year_day() const;  // from 1
  std::string format(std::string_view layout) const;
  // Time.String: 2009-11-10 23:00:00 +0000 UTC.
  std::string to_string() const { return format("2006-01-02 15:04:05.999999999 -0700 MST"); }
};

std::string_view month_name(int month);      // 1 to 12
std::string_view weekday_name(int weekday);  // 0 = Sunday

// time.ParseInLocation: `zone` applies when the text names none. nullopt where Go returns an error.
std::optional<GoTime> parse_go_time(std::string_view layout, std::string_view text,
                                    const std::shared_ptr<const TimeZone>& zone);

}  // namespace cordwood::pipeline
