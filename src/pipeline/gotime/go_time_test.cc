#include "pipeline/gotime/go_time.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"

namespace cordwood::pipeline {
namespace {

constexpr std::string_view kRfc3339Nano = "2006-01-02T15:04:05.999999999Z07:00";

TEST(GoTime, Formats) {
  const GoTime t = GoTime::from_unix({1656353124120000000});
  EXPECT_EQ(t.format(kRfc3339Nano), "2022-06-27T18:05:24.12Z");
  EXPECT_EQ(t.format("Mon, 2 Jan 2006 3:04PM .000 _2 002 MST -07:00 Monday January"),
            "Mon, 27 Jun 2022 6:05PM .120 27 178 UTC +00:00 Monday June");
  EXPECT_EQ(t.to_string(), "2022-06-27 18:05:24.12 +0000 UTC");
  EXPECT_EQ(GoTime{}.to_string(), "0001-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(t.format("no elements: x_2006"), "no elements: x_2022");
}

TEST(GoTime, ParsesWhatItFormats) {
  base::SeededRandom random(7);
  for (int i = 0; i < 2000; ++i) {
    const auto nanos = static_cast<std::int64_t>(random.next() >> 2);
    const GoTime t = GoTime::from_unix({nanos});
    for (const std::string_view layout : {kRfc3339Nano, std::string_view("Mon Jan _2 15:04:05.000000000 -0700 2006"),
                                          std::string_view("02/Jan/2006:15:04:05.999999999 -0700")}) {
      const auto parsed = parse_go_time(layout, t.format(layout), TimeZone::utc());
      ASSERT_TRUE(parsed.has_value()) << t.format(layout);
      EXPECT_EQ(parsed->unix_nanos(), nanos) << layout;
    }
  }
}

TEST(GoTime, RejectsWhatGoRejects) {
  const auto parses = [](std::string_view layout, std::string_view text) {
    return parse_go_time(layout, text, TimeZone::utc()).has_value();
  };
  EXPECT_TRUE(parses("2006-01-02", "2021-11-02"));
  EXPECT_FALSE(parses("2006-01-02", "2021-13-02"));
  EXPECT_FALSE(parses("2006-01-02", "2021-02-29"));
  EXPECT_FALSE(parses("2006-01-02", "2021-11-02x"));
  EXPECT_FALSE(parses("2006-01-02", "2021-11"));
  EXPECT_TRUE(parses("15:04:05", "01:02:03.5"));  // a fraction may always follow seconds
  EXPECT_FALSE(parses("15:04", "24:00"));
}

TEST(TimeZone, AgreesWithTheCLibrary) {
  base::SeededRandom random(11);
  for (const char* name :
       {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"}) {
    const auto zone = TimeZone::load(name);
    if (zone == nullptr) GTEST_SKIP() << "no tz database";
    setenv("TZ", name, 1);
    tzset();
    for (int i = 0; i < 2000; ++i) {
      const auto seconds = static_cast<time_t>(random.next() % 4000000000U);  // 1970 to 2096
      tm broken{};
      localtime_r(&seconds, &broken);
      const TimeZone::Info info = zone->at(seconds);
      ASSERT_EQ(info.offset_seconds, broken.tm_gmtoff) << name << " " << seconds;
      ASSERT_EQ(info.abbreviation, broken.tm_zone) << name << " " << seconds;
      const std::int64_t back = zone->to_unix(seconds + info.offset_seconds);
      // An hour that the clocks show twice has two answers.
      if (back != seconds) {
        ASSERT_EQ(back + zone->at(back).offset_seconds, seconds + info.offset_seconds);
      }
    }
  }
  unsetenv("TZ");
  tzset();
}

TEST(TimeZone, RejectsBadNamesAndBytes) {
  EXPECT_EQ(TimeZone::load("../../etc/passwd"), nullptr);
  EXPECT_EQ(TimeZone::load("/etc/passwd"), nullptr);
  EXPECT_EQ(TimeZone::load("No/Such_Zone"), nullptr);
  EXPECT_EQ(TimeZone::load("UTC"), TimeZone::utc());
  EXPECT_EQ(TimeZone::parse(""), nullptr);
  std::string header = "TZif2" + std::string(15, '\0') + std::string(24, '\xff');
  EXPECT_EQ(TimeZone::parse(header), nullptr);
}

TEST(Civil, RoundTrips) {
  for (std::int64_t day = -800000; day < 800000; day += 17) {
    const CivilTime t = civil_from_seconds(day * 86400 + 3661);
    EXPECT_EQ(seconds_from_civil(t), day * 86400 + 3661);
  }
  EXPECT_EQ(days_from_civil(2024, 14, 1), days_from_civil(2025, 2, 1));
  EXPECT_EQ(days_from_civil(2024, 0, 1), days_from_civil(2023, 12, 1));
  EXPECT_EQ(days_from_civil(2024, 3, 0), days_from_civil(2024, 2, 29));
}

}  // namespace
}  // namespace cordwood::pipeline
