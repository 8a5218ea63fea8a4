// Partitions: UTC days of event time.
#pragma once

#include <cstdint>
#include <string>

#include "core/time_range.h"

namespace cordwood::store {

// floor(seconds since the epoch / 86,400). Fits: nanoseconds in 64 bits span 213,504 days.
std::int32_t day_of(core::UnixNanos time);
// The first moment after the day, saturated at the end of time.
core::UnixNanos end_of_day(std::int32_t day);
// "2026-11-23".
std::string day_name(std::int32_t day);

}  // namespace cordwood::store
