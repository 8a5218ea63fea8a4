#include "codec/lines/timestamps.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace cordwood::codec::lines {
namespace {

std::string written(const TimestampFormat& format, std::uint64_t value) {
  char out[kTimestampBytesMax];
  return {out, write_timestamp(format, value, out)};
}

TEST(Timestamps, AreReadAndWritten) {
  for (std::string_view text :
       {"15:29:28", "00:00:00", "23:59:59,999", "15:29:28.123456789", "2020-01-10T15:29:28Z", "1970-01-01 00:00:00",
        "2020/02/29 15:29:28.1", "9999-12-31T23:59:59Z", "2023-01-29T08:42:32.387396341Z", "17/May/2015:18:05:04",
        "2000-02-29_00:00:00", "2100-02-28T00:00:00.000"}) {
    TimestampFormat format;
    std::uint64_t value = 0;
    ASSERT_TRUE(read_timestamp(text, format, value)) << text;
    EXPECT_LE(value, timestamp_max(format));
    EXPECT_EQ(written(format, value), text);
    EXPECT_EQ(timestamp_end(text.data(), text.data() + text.size()), text.data() + text.size());
  }
}

TEST(Timestamps, WhatIsNoTimeIsNotRead) {
  for (std::string_view text : {"24:00:00",
                                "15:60:28",
                                "15:29:60",
                                "15:29:2",
                                "1:29:28",
                                "2021-02-29T00:00:00",
                                "2100-02-29 00:00:00",
                                "1969-12-31T00:00:00",
                                "2020-01-10",
                                "2020-01/10T15:29:28",
                                "17/may/2015:18:05:04",
                                "15:29:28.1234567890",
                                "201u-01-10T15:29:28",
                                "19/May/201u:19:05:40",
                                "20x0-01-10T15:29:28",
                                "15:29:28.",
                                "15-29-28",
                                "",
                                "2",
                                "17/anF/2015:18:05:04"}) {
    TimestampFormat format;
    std::uint64_t value = 0;
    EXPECT_FALSE(read_timestamp(text, format, value)) << text;
  }
}

TEST(Timestamps, EndWhereTheTokenEnds) {
  auto end_of = [](std::string_view text) {
    const char* end = timestamp_end(text.data(), text.data() + text.size());
    return end == nullptr ? -1 : static_cast<int>(end - text.data());
  };
  EXPECT_EQ(end_of("15:29:28 x"), 8);
  EXPECT_EQ(end_of("15:29:28. x"), 8);
  EXPECT_EQ(end_of("15:29:28.5Z]"), 11);
  EXPECT_EQ(end_of("15:29:28:30"), -1);
  EXPECT_EQ(end_of("15:29:28x"), -1);
}

TEST(Timestamps, EveryDayIsWrittenAsItIsRead) {
  base::SeededRandom random(11);
  TimestampFormat format{.date = TimestampFormat::kNumeric, .date_separator = '-', .time_separator = 'T'};
  for (int i = 0; i < 100'000; ++i) {
    std::uint64_t value = random.next() % (timestamp_max(format) + 1);
    TimestampFormat found;
    std::uint64_t back = 0;
    std::string text = written(format, value);
    ASSERT_TRUE(read_timestamp(text, found, back)) << text;
    EXPECT_EQ(found, format);
    EXPECT_EQ(back, value);
  }
}

}  // namespace
}  // namespace cordwood::codec::lines
