#include "api/loki_params.h"

#include <gtest/gtest.h>

namespace cordwood::api {
namespace {

using namespace std::chrono_literals;

constexpr UnixNanos kNow{1'700'000'000'000'000'000};

std::string error_of(const base::Status& status) {
  return std::string(base::message_of(status));
}

TEST(Timestamp, AllForms) {
  const std::pair<const char*, std::int64_t> rows[] = {
      {"", kNow.value},
      {"0", 0},
      {"1700000000", 1'700'000'000'000'000'000},
      {"9999999999", UnixNanos::max().value},  // beyond what nanoseconds hold
      {"-999999999", -999'999'999'000'000'000},
      {"10000000000", 10'000'000'000},  // eleven digits are nanoseconds
      {"1700000000123456789", 1'700'000'000'123'456'789},
      {"-5", -5'000'000'000},
      {"1700000000.5", 1'700'000'000'500'000'000},
      {"1700000000.1239", 1'700'000'000'124'000'000},  // to the millisecond, as Go's arithmetic
      {"2023-11-14T22:13:20Z", 1'700'000'000'000'000'000},
      {"2023-11-14T22:13:20.000000001+00:00", 1'700'000'000'000'000'001},
      {"2023-11-15T00:13:20+02:00", 1'700'000'000'000'000'000},
  };
  for (const auto& [text, nanos] : rows) {
    const auto time = parse_timestamp(text, kNow);
    ASSERT_TRUE(time.ok()) << text << time.status();
    EXPECT_EQ(time->value, nanos) << text;
  }
  for (const char* bad : {"yesterday", "1e9", "12 ", " 12", "0x10", "1_0", "+-1", "99999999999999999999", "2023-11-14",
                          "1.2.3", "NaN.", "1e300.", "9300000000.5"}) {
    EXPECT_FALSE(parse_timestamp(bad, kNow).ok()) << bad;
  }
  EXPECT_EQ(error_of(parse_timestamp("x\"", kNow).status()), "strconv.ParseInt: parsing \"x\\\"\": invalid syntax");
  EXPECT_EQ(error_of(parse_timestamp("99999999999999999999", kNow).status()),
            "strconv.ParseInt: parsing \"99999999999999999999\": value out of range");
}

TEST(Duration, SecondsOrPrometheus) {
  EXPECT_EQ(*parse_seconds_or_duration("5"), 5s);
  EXPECT_EQ(*parse_seconds_or_duration("0.25"), 250ms);
  EXPECT_EQ(*parse_seconds_or_duration("1e2"), 100s);
  EXPECT_EQ(*parse_seconds_or_duration("15000ms"), 15s);
  EXPECT_EQ(*parse_seconds_or_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_seconds_or_duration("-5"), -5s);
  EXPECT_EQ(error_of(parse_seconds_or_duration("5x").status()), "cannot parse \"5x\" to a valid duration");
  EXPECT_EQ(error_of(parse_seconds_or_duration("1e10").status()),
            "cannot parse \"1e10\" to a valid duration. It overflows int64");
  EXPECT_FALSE(parse_seconds_or_duration("NaN").ok());
  EXPECT_FALSE(parse_seconds_or_duration("Inf").ok());
}

TEST(Bounds, DefaultsAndSince) {
  EXPECT_EQ(parse_bounds({}, kNow)->start, kNow - 1h);
  EXPECT_EQ(parse_bounds({}, kNow)->end, kNow);
  EXPECT_EQ(parse_bounds({{"since", "10m"}}, kNow)->start, kNow - 10min);
  // An end in the past moves the start, one in the future does not.
  EXPECT_EQ(parse_bounds({{"end", "1600000000"}, {"since", "1d"}}, kNow)->start.value, 1'599'913'600'000'000'000);
  EXPECT_EQ(parse_bounds({{"end", "1800000000"}}, kNow)->start, kNow - 1h);
  EXPECT_EQ(parse_bounds({{"start", "5"}, {"since", "1d"}}, kNow)->start.value, 5'000'000'000);
  EXPECT_EQ(error_of(parse_bounds({{"start", "x"}}, kNow).status()),
            "could not parse 'start' parameter: strconv.ParseInt: parsing \"x\": invalid syntax");
}

TEST(RangeParams, StepsAndLimits) {
  const auto parse = [](io::HttpParams params) { return parse_range_params(params, kNow, 11000); };
  EXPECT_EQ(parse({{"start", "0"}, {"end", "3600"}})->step, 14s);
  EXPECT_EQ(parse({{"start", "0"}, {"end", "100"}})->step, 1s);
  EXPECT_EQ(parse({{"limit", "7"}})->limit, 7U);
  EXPECT_EQ(parse({{"limit", "99999999999"}})->limit, 4294967295U);
  EXPECT_EQ(parse({{"direction", "Forward"}})->direction, core::Direction::kForward);
  EXPECT_TRUE(parse({{"start", "0"}, {"end", "11000"}, {"step", "1"}}).ok());
  const std::pair<io::HttpParams, std::string> bad[] = {
      {{{"start", "2"}, {"end", "1"}}, "end timestamp must not be before or equal to start time"},
      {{{"start", "0"}, {"end", "11001"}, {"step", "1"}},
       "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter"},
      {{{"step", "0"}}, "zero or negative query resolution step widths are not accepted. Try a positive integer"},
      {{{"step", "-1"}}, "zero or negative query resolution step widths are not accepted. Try a positive integer"},
      {{{"interval", "-1"}}, "interval must be >= 0"},
      {{{"limit", "0"}}, "limit must be a positive value"},
      {{{"limit", "many"}}, "strconv.Atoi: parsing \"many\": invalid syntax"},
      {{{"direction", "up"}}, "invalid direction 'up'"},
  };
  for (const auto& [params, text] : bad) EXPECT_EQ(error_of(parse(params).status()), text);
}

TEST(AlignToStep, FloorsStartAndCeilsEnd) {
  const auto aligned = [](std::int64_t start, std::int64_t end, std::int64_t step) {
    const TimeBounds out = align_to_step({{start}, {end}}, nanoseconds(step));
    return std::pair(out.start.value, out.end.value);
  };
  EXPECT_EQ(aligned(17, 23, 10), (std::pair<std::int64_t, std::int64_t>(10, 30)));
  EXPECT_EQ(aligned(20, 40, 10), (std::pair<std::int64_t, std::int64_t>(20, 40)));
  EXPECT_EQ(aligned(-17, -3, 10), (std::pair<std::int64_t, std::int64_t>(-20, 0)));
}

}  // namespace
}  // namespace cordwood::api
