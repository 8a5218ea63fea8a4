#include "pipeline/detect/timestamp.h"

#include <gtest/gtest.h>

#include "pipeline/gotime/go_time.h"

namespace cordwood::pipeline {
namespace {

constexpr base::UnixNanos kReference{1718452800000000000};  // 2024-06-15 12:00:00

std::string detected(std::string_view line, std::string_view zone = "UTC", base::UnixNanos reference = kReference) {
  const TimestampContext context{TimeZone::load(zone), reference};
  const std::optional<base::UnixNanos> time = detect_timestamp(line, context);
  return time.has_value() ? GoTime::from_unix(*time).format("2006-01-02T15:04:05.999999999Z") : "none";
}

TEST(Timestamp, Iso) {
  EXPECT_EQ(detected("2024-02-03T04:05:06.789Z x"), "2024-02-03T04:05:06.789Z");
  EXPECT_EQ(detected("2024-02-03T04:05:06.789123456+02:00"), "2024-02-03T02:05:06.789123456Z");
  EXPECT_EQ(detected("2024-02-03 04:05:06,5 -0130 x"), "2024-02-03T05:35:06.5Z");
  EXPECT_EQ(detected("2024-02-03 04:05:06 UTC x"), "2024-02-03T04:05:06Z");
  EXPECT_EQ(detected("2024/02/03 04:05:06 [error]"), "2024-02-03T04:05:06Z");
  EXPECT_EQ(detected("[2024-02-03 04:05:06,001] INFO"), "2024-02-03T04:05:06.001Z");
  EXPECT_EQ(detected("20240203T040506.25Z"), "2024-02-03T04:05:06.25Z");
  EXPECT_EQ(detected("2024-02-03T04:05Z"), "2024-02-03T04:05:00Z");
  EXPECT_EQ(detected("INFO  [main] 2019-12-10 18:34:12,503 X.java"), "2019-12-10T18:34:12.503Z");
  EXPECT_EQ(detected("[fetches 2025-02-13T21:40:02.454Z] x"), "2025-02-13T21:40:02.454Z");
  EXPECT_EQ(detected("2016-12-31T23:59:60Z"), "2016-12-31T23:59:59Z");
}

TEST(Timestamp, ZoneOfTimesWithoutOne) {
  EXPECT_EQ(detected("2024-07-01 12:00:00 x", "Europe/Berlin"), "2024-07-01T10:00:00Z");
  EXPECT_EQ(detected("2024-01-01 12:00:00 x", "Europe/Berlin"), "2024-01-01T11:00:00Z");
  EXPECT_EQ(detected("2024-01-01T12:00:00Z x", "Europe/Berlin"), "2024-01-01T12:00:00Z");
}

TEST(Timestamp, Syslog) {
  EXPECT_EQ(detected("Jun 15 11:00:00 host app: x"), "2024-06-15T11:00:00Z");
  EXPECT_EQ(detected("<34>Jun  5 11:00:00.25 host"), "2024-06-05T11:00:00.25Z");
  EXPECT_EQ(detected("Dec 31 23:59:59 host", "UTC", {1704067205000000000}),
            "2023-12-31T23:59:59Z");  // read at new year
  EXPECT_EQ(detected("Jan  1 00:00:03 host", "UTC", {1704067190000000000}), "2024-01-01T00:00:03Z");  // a clock ahead
  EXPECT_EQ(detected("Feb 29 10:00:00 host", "UTC", {1748779200000000000}),
            "2024-02-29T10:00:00Z");  // no such day in 2025
  EXPECT_EQ(detected("<13>1 2024-02-03T04:05:06Z host"), "2024-02-03T04:05:06Z");
  EXPECT_EQ(detected("Sat Feb  3 04:05:06 2024 x"), "2024-02-03T04:05:06Z");
  EXPECT_EQ(detected("[Mon Jan 01 10:00:00.000000 2024] [error]"), "2024-01-01T10:00:00Z");
  EXPECT_EQ(detected("Sat, 03 Feb 2024 04:05:06 GMT"), "2024-02-03T04:05:06Z");
}

TEST(Timestamp, OtherForms) {
  EXPECT_EQ(detected("127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET\""), "2000-10-10T20:55:36Z");
  EXPECT_EQ(detected("I0203 04:05:06.000123    1 x.go:1] y"), "2024-02-03T04:05:06.000123Z");
  EXPECT_EQ(detected("06-14 04:05:06.789  1234 D Tag: x"), "2024-06-14T04:05:06.789Z");
  EXPECT_EQ(detected("1718452800 x"), "2024-06-15T12:00:00Z");
  EXPECT_EQ(detected("1718452800.754322\tC8N"), "2024-06-15T12:00:00.754322Z");
  EXPECT_EQ(detected("1718452800123 x"), "2024-06-15T12:00:00.123Z");
  EXPECT_EQ(detected("1718452800123456 x"), "2024-06-15T12:00:00.123456Z");
  EXPECT_EQ(detected("1718452800123456789 x"), "2024-06-15T12:00:00.123456789Z");
}

TEST(Timestamp, Fields) {
  EXPECT_EQ(detected(R"({"msg":"2020-01-01T00:00:00Z","ts":"2024-02-03T04:05:06Z"})"), "2024-02-03T04:05:06Z");
  EXPECT_EQ(detected(R"({"time":1420849114219})"), "2015-01-10T00:18:34.219Z");
  EXPECT_EQ(detected(R"({"ts":1718452800.25})"), "2024-06-15T12:00:00.25Z");
  EXPECT_EQ(detected(R"({"t":{"$date":"2024-03-18T10:49:08.505-04:00"}})"), "2024-03-18T14:49:08.505Z");
  EXPECT_EQ(detected(R"({"a":{"ts":"2024-02-03T04:05:06Z"}})"), "none");
  EXPECT_EQ(detected("level=info ts=2024-02-03T04:05:06Z"), "2024-02-03T04:05:06Z");
  EXPECT_EQ(detected("time=\"2024-02-03 04:05:06\" level=info"), "2024-02-03T04:05:06Z");
  EXPECT_EQ(detected("status=200 t=1718452800123"), "2024-06-15T12:00:00.123Z");
}

TEST(Timestamp, NotATime) {
  for (const char* line :
       {"", " ", "hello", "2024-13-03T04:05:06Z", "2024-02-30 04:05:06", "2024-02-03 25:05:06", "1718", "17184528001",
        "1718452800-x", "version 1.2.3", "0000-00-00 00:00:00", "Juny 15 11:00:00", "[0.016s][info]", "{}",
        R"({"ts":"never"})", "1900-01-01 00:00:00", "9999-12-31 23:59:59"}) {
    EXPECT_EQ(detected(line), "none") << line;
  }
}

// Any prefix of a line gives an answer without reading beyond it.
TEST(Timestamp, TruncatedAnywhere) {
  for (const std::string line :
       {"<13>1 2024-02-03T04:05:06.789+01:00 x", "[Mon Jan 01 10:00:00.000000 2024]", "x [10/Oct/2000:13:55:36 -0700]",
        R"({"t":{"$date":"2024-03-18T10:49:08.505-04:00"}})", "a=1 ts=1718452800.123456"}) {
    for (std::size_t length = 0; length <= line.size(); ++length) detected(line.substr(0, length));
  }
}

}  // namespace
}  // namespace cordwood::pipeline
