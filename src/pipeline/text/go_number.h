// What templates need of Go's numbers beyond logql/units.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"

namespace cordwood::pipeline {

// strconv.ParseInt(text, base, 64); base 0 takes the base from the prefix 0x 0o 0b 0.
base::StatusOr<std::int64_t> parse_go_int(std::string_view text, int base);

// fmt's %v of a float64: the shortest digits that read back, with an exponent below 1e-4 and from 1e6 on (3e+06).
std::string format_go_float(double value);
// strconv.FormatFloat(value, format, precision, 64); format is one of e E f F g G, precision -1 means shortest.
std::string format_float(double value, char format, int precision);

}  // namespace cordwood::pipeline
