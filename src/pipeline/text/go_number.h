// Numbers, durations and sizes read from text as Go's standard library and Loki's size library read them, with their
// error texts (they appear in __error_details__).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"

namespace cordwood::pipeline {

// strconv.ParseFloat(text, 64): decimal and hexadecimal, "inf", "infinity", "nan" in any case, `_` between digits.
base::StatusOr<double> parse_go_float(std::string_view text);

// time.ParseDuration: "1h30m", "-1.5s", units ns us µs ms s m h.
base::StatusOr<base::nanoseconds> parse_go_duration(std::string_view text);

// Sizes such as "3 kB", "2MiB", "1,024": k M G T P E, 1000-based, with `i` 1024-based; case does not matter.
base::StatusOr<std::uint64_t> parse_humanized_bytes(std::string_view text);

// strconv.ParseInt(text, base, 64); base 0 takes the base from the prefix 0x 0o 0b 0.
base::StatusOr<std::int64_t> parse_go_int(std::string_view text, int base);

// fmt's %v of a float64: the shortest text that reads back, with an exponent from 1e21 on (and below 1e-4).
std::string format_go_float(double value);
// strconv.FormatFloat(value, format, precision, 64); format is one of e E f F g G, precision -1 means shortest.
std::string format_float(double value, char format, int precision);

// time.Duration.String.
std::string format_go_duration(base::nanoseconds duration);

}  // namespace cordwood::pipeline
