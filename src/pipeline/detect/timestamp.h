// The time that a log line carries. The agent asks for each line it reads.
//
// The answer depends on the line and the context alone, never on lines before it, so that a line read again after a
// restart gets the same time.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "pipeline/gotime/time_zone.h"

namespace cordwood::pipeline {

struct TimestampContext {
  // Of times that name no zone. Null means UTC.
  std::shared_ptr<const TimeZone> zone;
  // About when the line was written (the time of reading, or a file's modification time): formats without a year get
  // the year that brings them closest, and no more than a day after it.
  base::UnixNanos reference;
};

// Known forms:
//   - ISO 8601 and RFC 3339: 2024-02-03T04:05:06.789Z, 2024-02-03 04:05:06,789 +0100, 2024/02/03 04:05:06,
//   20240203T040506;
//   - RFC 3164 `Feb  3 04:05:06`, also behind `<13>`, with a year behind the day or at the end (ctime);
//   - RFC 5424 `<13>1 2024-...`, RFC 1123 `Sat, 03 Feb 2024 04:05:06 GMT`;
//   - `[03/Feb/2024:04:05:06 +0100]` of access logs; `I0203 04:05:06.000000` of klog; `02-03 04:05:06.789` of logcat;
//   - seconds, milliseconds, microseconds or nanoseconds since 1970 at the start of the line;
//   - in JSON the first of the usual time fields (also {"$date": ...}), in logfmt ts=, time=, timestamp=, ...
// A time in front is preferred; else the first one that begins within kTimestampSearchBytes counts. Only times between
// 1971 and 2200 are believed.
inline constexpr std::size_t kTimestampSearchBytes = 160;
std::optional<base::UnixNanos> detect_timestamp(std::string_view line, const TimestampContext& context);

}  // namespace cordwood::pipeline
