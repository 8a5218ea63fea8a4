// Durations and byte sizes: text to value and back, in the three notations that LogQL mixes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cordwood::logql {

using std::chrono::nanoseconds;

// Prometheus' notation, as in `[1h30m]`: whole numbers with y w d h m s ms, each unit at most once and in that order;
// `0` is allowed without a unit. No sign. Errors have Prometheus' text.
base::StatusOr<nanoseconds> parse_prometheus_duration(std::string_view text);

// Go's time.ParseDuration: an optional sign and numbers with fractions, each with ns us µs ms s m h. What the values of
// duration label filters and of `unwrap duration()` are written in. Errors have Go's text (`time: invalid duration
// "x"`).
base::StatusOr<nanoseconds> parse_go_duration(std::string_view text);

// What a query may write outside of brackets (filters, offset): Prometheus' notation, else Go's.
base::StatusOr<nanoseconds> parse_duration(std::string_view text);

// `1d`, `1h30m`, `250ms`; years and weeks only when nothing remains. Below a millisecond it falls back to Go's
// notation, because Prometheus' has no unit for it; negative values carry a sign.
std::string format_prometheus_duration(nanoseconds value);

// time.Duration.String(): `1h0m0s`, `250ms`, `1.5µs`, `0s`.
std::string format_go_duration(nanoseconds value);

// Sizes as people write them ("10 MB", "2.5KiB", "7", "1,024 b"), case ignored, fractions allowed: what the values of
// byte filters and of `unwrap bytes()` are written in (go-humanize). Errors have that library's text.
base::StatusOr<std::uint64_t> parse_bytes(std::string_view text);

// `10GB`, `2.6kB`, `5B`: one decimal below ten, 1000-based, rounded (go-humanize, without its space).
std::string format_bytes_rounded(std::uint64_t value);
// The same where it is exact, else the plain number of bytes (`2560B`), so that reading it back gives `value`.
std::string format_bytes_exact(std::uint64_t value);

// A float64 as Go's strconv.FormatFloat(v, 'f', -1, 64) prints it: shortest digits, never an exponent.
std::string format_float_plain(double value);
// fmt.Sprint of a float64: shortest digits, an exponent from 1e21 on and below 1e-4.
std::string format_float_shortest(double value);
// strconv.ParseFloat of a number token (decimal, underscores between digits, hexadecimal with exponent, `Inf`, `NaN`);
// errors have Go's text (`strconv.ParseFloat: parsing "0x10": invalid syntax`).
base::StatusOr<double> parse_go_float(std::string_view text);

}  // namespace cordwood::logql
