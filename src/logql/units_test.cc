#include "logql/units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cordwood::logql {
namespace {

using namespace std::chrono_literals;

template <typename T>
std::string error_of(const base::StatusOr<T>& value) {
  return value.ok() ? "accepted" : std::string(base::message_of(value.status()));
}

TEST(UnitsTest, PrometheusDurations) {
  EXPECT_EQ(*parse_prometheus_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_prometheus_duration("1y2w3d4h5m6s7ms"), 24h * (365 + 14 + 3) + 4h + 5min + 6s + 7ms);
  EXPECT_EQ(*parse_prometheus_duration("0"), 0s);
  EXPECT_EQ(error_of(parse_prometheus_duration("")), "empty duration string");
  EXPECT_EQ(error_of(parse_prometheus_duration("5")), "not a valid duration string: \"5\"");
  EXPECT_EQ(error_of(parse_prometheus_duration("1m1h")), "not a valid duration string: \"1m1h\"");
  EXPECT_EQ(error_of(parse_prometheus_duration("1m1m")), "not a valid duration string: \"1m1m\"");
  EXPECT_EQ(error_of(parse_prometheus_duration("1.5m")), "unknown unit \".\" in duration \"1.5m\"");
  EXPECT_EQ(error_of(parse_prometheus_duration("300y")), "duration out of range");
  EXPECT_EQ(error_of(parse_prometheus_duration("99999999999999999999999s")), "duration out of range");
  EXPECT_EQ(error_of(parse_prometheus_duration("-1s")), "not a valid duration string: \"-1s\"");
}

TEST(UnitsTest, GoDurations) {
  EXPECT_EQ(*parse_go_duration("1h0.5m"), 1h + 30s);
  EXPECT_EQ(*parse_go_duration("-1.5us"), -1500ns);
  EXPECT_EQ(*parse_go_duration("+.5\xC2\xB5s"), 500ns);
  EXPECT_EQ(*parse_go_duration("0"), 0s);
  EXPECT_EQ(*parse_go_duration("-9223372036854775808ns"), nanoseconds(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(error_of(parse_go_duration("9223372036854775808ns")), "time: invalid duration \"9223372036854775808ns\"");
  EXPECT_EQ(error_of(parse_go_duration("1d")), "time: unknown unit \"d\" in duration \"1d\"");
  EXPECT_EQ(error_of(parse_go_duration("5")), "time: missing unit in duration \"5\"");
  EXPECT_EQ(error_of(parse_go_duration("")), "time: invalid duration \"\"");
  EXPECT_EQ(error_of(parse_go_duration(".s")), "time: invalid duration \".s\"");
  EXPECT_EQ(error_of(parse_go_duration("99999999h")), "time: invalid duration \"99999999h\"");
}

TEST(UnitsTest, PrintedDurations) {
  EXPECT_EQ(format_go_duration(0s), "0s");
  EXPECT_EQ(format_go_duration(1h), "1h0m0s");
  EXPECT_EQ(format_go_duration(90s + 5ms), "1m30.005s");
  EXPECT_EQ(format_go_duration(1500ns), "1.5\xC2\xB5s");
  EXPECT_EQ(format_go_duration(-250ms), "-250ms");
  EXPECT_EQ(format_go_duration(1ns), "1ns");
  EXPECT_EQ(format_go_duration(nanoseconds::min()), "-2562047h47m16.854775808s");
  EXPECT_EQ(format_prometheus_duration(1h), "1h");
  EXPECT_EQ(format_prometheus_duration(24h * 365), "1y");
  EXPECT_EQ(format_prometheus_duration(24h * 8), "8d");
  EXPECT_EQ(format_prometheus_duration(24h * 14), "2w");
  EXPECT_EQ(format_prometheus_duration(90s), "1m30s");
  EXPECT_EQ(format_prometheus_duration(-90s), "-1m30s");
  EXPECT_EQ(format_prometheus_duration(0s), "0s");
  EXPECT_EQ(format_prometheus_duration(1500us), "1.5ms");
}

TEST(UnitsTest, DurationsReadBack) {
  for (std::int64_t value = 1; value < std::numeric_limits<std::int64_t>::max() / 13; value = value * 13 + 7) {
    EXPECT_EQ(parse_go_duration(format_go_duration(nanoseconds(value)))->count(), value);
    EXPECT_EQ(parse_go_duration(format_go_duration(nanoseconds(-value)))->count(), -value);
    const nanoseconds millis(value / 1000000 * 1000000);
    EXPECT_EQ(*parse_prometheus_duration(format_prometheus_duration(millis)), millis);
  }
}

TEST(UnitsTest, Bytes) {
  EXPECT_EQ(*parse_bytes("10 MB"), 10000000U);
  EXPECT_EQ(*parse_bytes("2.5KiB"), 2560U);
  EXPECT_EQ(*parse_bytes("1,024 b"), 1024U);
  EXPECT_EQ(*parse_bytes("7"), 7U);
  EXPECT_EQ(*parse_bytes("1g"), 1000000000U);
  EXPECT_EQ(*parse_bytes("1Mi"), 1048576U);
  EXPECT_EQ(error_of(parse_bytes("1xb")), "unhandled size name: xb");
  EXPECT_EQ(error_of(parse_bytes("MB")), "strconv.ParseFloat: parsing \"\": invalid syntax");
  EXPECT_EQ(error_of(parse_bytes("99999EB")), "too large: 99999EB");
  EXPECT_EQ(format_bytes_rounded(10000000000), "10GB");
  EXPECT_EQ(format_bytes_rounded(2560), "2.6kB");
  EXPECT_EQ(format_bytes_rounded(9), "9B");
  EXPECT_EQ(format_bytes_rounded(0), "0B");
  EXPECT_EQ(format_bytes_exact(2560), "2560B");
  EXPECT_EQ(format_bytes_exact(1000000), "1.0MB");
}

TEST(UnitsTest, Floats) {
  EXPECT_EQ(format_float_shortest(1e21), "1e+21");
  EXPECT_EQ(format_float_shortest(1e20), "100000000000000000000");
  EXPECT_EQ(format_float_shortest(0.0001), "0.0001");
  EXPECT_EQ(format_float_shortest(0.00001), "1e-05");
  EXPECT_EQ(format_float_shortest(-1.5), "-1.5");
  EXPECT_EQ(format_float_plain(1e23), "100000000000000000000000");
  EXPECT_EQ(format_float_plain(1.5e-7), "0.00000015");
  EXPECT_EQ(format_float_plain(123.456), "123.456");
  EXPECT_EQ(format_float_plain(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(*parse_go_float("1_000.5"), 1000.5);
  EXPECT_EQ(*parse_go_float("0x1p3"), 8);
  EXPECT_EQ(*parse_go_float("-.5e1"), -5);
  EXPECT_EQ(*parse_go_float("1e-400"), 0) << "too small is zero";
  EXPECT_TRUE(std::isnan(*parse_go_float("NaN")));
  EXPECT_TRUE(std::isinf(*parse_go_float("+Inf")));
  for (const std::string_view bad : {"", "0x10", "1__0", "_1", "1_", "1e", "--1", "0b1", "1 "}) {
    EXPECT_NE(error_of(parse_go_float(bad)).find("invalid syntax"), std::string::npos) << bad;
  }
  EXPECT_EQ(error_of(parse_go_float("1e400")), "strconv.ParseFloat: parsing \"1e400\": value out of range");
}

}  // namespace
}  // namespace cordwood::logql
