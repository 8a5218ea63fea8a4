// Times written in lines, as numbers: a column of times becomes one column of small differences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cordwood::codec::lines {

// How a time is written. Its number counts 10^-fraction_digits seconds since 1970-01-01, or since midnight if there is
// no date.
struct TimestampFormat {
  enum Date : std::uint8_t {
    kNone = 0,      // 15:29:28
    kNumeric = 1,   // 2020-01-10T15:29:28
    kMonthName = 2  // 10/Jan/2020:15:29:28
  };
  Date date = kNone;
  char date_separator = 0;  // between year, month and day
  char time_separator = 0;  // between date and time
  char fraction_separator = 0;
  std::uint8_t fraction_digits = 0;  // 0 to 9; at most so many if trimmed
  bool trimmed = false;              // zeros at the end of the fraction are left out, and the separator before none
  bool utc = false;                  // ends in Z
  bool operator==(const TimestampFormat&) const = default;
};

// The end of the longest time that begins at `at` (a digit) and is followed by nothing that could belong to it;
// nullptr if there is none.
const char* timestamp_end(const char* at, const char* end);

// False unless `text` is a time that some format writes exactly like that.
bool read_timestamp(std::string_view text, TimestampFormat& format, std::uint64_t& value);

// Values up to this can be written.
std::uint64_t timestamp_max(const TimestampFormat& format);
inline constexpr std::size_t kTimestampBytesMax = 40;
// Gives the end of what was written. `value` is at most timestamp_max.
char* write_timestamp(const TimestampFormat& format, std::uint64_t value, char* out);

}  // namespace cordwood::codec::lines
