#include "codec/lines/timestamps.h"

#include <array>
#include <cstring>

namespace cordwood::codec::lines {

namespace {

constexpr std::uint64_t kSecondsOfDay = 86'400;
constexpr std::uint64_t kDaysOfNanosMax = 200'000;
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::array<std::uint64_t, 10> kPowers = {1,       10,        100,        1'000,       10'000,
                                                   100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

bool digit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}
bool alphanumeric(char c) {
  return digit(c) || static_cast<unsigned char>((c | 0x20) - 'a') < 26 || c == '_';
}

// Two digits. If they are none, more than any year, also as the lower half of one.
std::uint32_t two(const char* at) {
  if (!digit(at[0]) || !digit(at[1])) return 100'000;
  return static_cast<std::uint32_t>((at[0] - '0') * 10 + (at[1] - '0'));
}

// Days since 1970 of a date from 1970 on (Howard Hinnant, "chrono-compatible low-level date algorithms").
std::uint64_t days_from_civil(std::uint32_t year, std::uint32_t month, std::uint32_t day) {
  year -= month <= 2 ? 1 : 0;
  std::uint32_t era = year / 400;
  std::uint32_t year_of_era = year - era * 400;
  std::uint32_t day_of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
  std::uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::uint64_t{era} * 146'097 + day_of_era - 719'468;
}

void civil_from_days(std::uint64_t days, std::uint32_t& year, std::uint32_t& month, std::uint32_t& day) {
  days += 719'468;
  auto era = static_cast<std::uint32_t>(days / 146'097);
  auto day_of_era = static_cast<std::uint32_t>(days % 146'097);
  std::uint32_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  std::uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  std::uint32_t shifted = (5 * day_of_year + 2) / 153;
  day = day_of_year - (153 * shifted + 2) / 5 + 1;
  month = shifted < 10 ? shifted + 3 : shifted - 9;
  year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
}

bool date_is_real(std::uint32_t year, std::uint32_t month, std::uint32_t day) {
  constexpr std::uint32_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
  bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[month - 1] + (leap ? 1 : 0);
}

// The time of day at the end of every form; nullptr if it is not one.
const char* read_time_of_day(const char* at, const char* end, TimestampFormat& format, std::uint64_t& value) {
  if (end - at < 8 || at[2] != ':' || at[5] != ':') return nullptr;
  std::uint32_t hour = two(at);
  std::uint32_t minute = two(at + 3);
  std::uint32_t second = two(at + 6);
  if (hour > 23 || minute > 59 || second > 59) return nullptr;
  value = hour * 3'600 + minute * 60 + second;
  at += 8;
  if (end - at < 2 || (*at != '.' && *at != ',') || !digit(at[1])) return at;
  const char* fraction = at + 1;
  std::uint64_t number = 0;
  const char* stop = fraction;
  while (stop != end && digit(*stop)) {
    if (stop - fraction == 9) return nullptr;
    number = number * 10 + static_cast<std::uint64_t>(*stop - '0');
    ++stop;
  }
  format.fraction_separator = *at;
  format.fraction_digits = static_cast<std::uint8_t>(stop - fraction);
  value = value * kPowers[format.fraction_digits] + number;
  return stop;
}

const char* read_date(const char* at, const char* end, TimestampFormat& format, std::uint64_t& days) {
  if (end - at < 11) return nullptr;
  std::uint32_t year = 0;
  std::uint32_t month = 0;
  std::uint32_t day = 0;
  if ((at[4] == '-' || at[4] == '/') && at[7] == at[4]) {
    format.date = TimestampFormat::kNumeric;
    year = two(at) * 100 + two(at + 2);
    month = two(at + 5);
    day = two(at + 8);
    format.time_separator = at[10];
    if (at[10] != 'T' && at[10] != ' ' && at[10] != '_') return nullptr;
    format.date_separator = at[4];
    at += 11;
  } else if (end - at >= 12 && at[2] == '/' && at[6] == '/' && at[11] == ':') {
    format.date = TimestampFormat::kMonthName;
    day = two(at);
    std::size_t name = kMonths.find(std::string_view(at + 3, 3));
    if (name == std::string_view::npos || name % 3 != 0) return nullptr;
    month = static_cast<std::uint32_t>(name / 3 + 1);
    year = two(at + 7) * 100 + two(at + 9);
    format.date_separator = '/';
    format.time_separator = ':';
    at += 12;
  } else {
    return nullptr;
  }
  if (!date_is_real(year, month, day)) return nullptr;
  days = days_from_civil(year, month, day);
  return at;
}

const char* read(const char* at, const char* end, TimestampFormat& format, std::uint64_t& value) {
  format = {};
  std::uint64_t days = 0;
  if (end - at >= 8 && at[2] != ':') {
    at = read_date(at, end, format, days);
    if (at == nullptr) return nullptr;
  }
  at = read_time_of_day(at, end, format, value);
  if (at == nullptr) return nullptr;
  // Nanoseconds of later days do not fit in 64 bits.
  if (format.fraction_digits > 6 && days > kDaysOfNanosMax) return nullptr;
  if (format.date != TimestampFormat::kNone) value += days * kSecondsOfDay * kPowers[format.fraction_digits];
  if (at != end && *at == 'Z') {
    format.utc = true;
    ++at;
  }
  return at;
}

char* write_two(std::uint32_t value, char* out) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
  return out + 2;
}

}  // namespace

const char* timestamp_end(const char* at, const char* end) {
  TimestampFormat format;
  std::uint64_t value = 0;
  const char* stop = read(at, end, format, value);
  if (stop == nullptr || (stop != end && (alphanumeric(*stop) || *stop == ':'))) return nullptr;
  return stop;
}

bool read_timestamp(std::string_view text, TimestampFormat& format, std::uint64_t& value) {
  const char* end = text.data() + text.size();
  return read(text.data(), end, format, value) == end;
}

std::uint64_t timestamp_max(const TimestampFormat& format) {
  std::uint64_t unit = kPowers[format.fraction_digits];
  if (format.date == TimestampFormat::kNone) return kSecondsOfDay * unit - 1;
  // 2.9 million days: the end of the year 9999, which at nanoseconds is beyond 64 bits.
  __extension__ using Wide = unsigned __int128;
  Wide all = Wide{days_from_civil(9999, 12, 31) + 1} * kSecondsOfDay * unit - 1;
  return all > ~std::uint64_t{0} ? ~std::uint64_t{0} : static_cast<std::uint64_t>(all);
}

char* write_timestamp(const TimestampFormat& format, std::uint64_t value, char* out) {
  std::uint64_t unit = kPowers[format.fraction_digits];
  std::uint64_t fraction = value % unit;
  std::uint64_t seconds = value / unit;
  auto time = static_cast<std::uint32_t>(seconds % kSecondsOfDay);
  if (format.date != TimestampFormat::kNone) {
    std::uint32_t year = 0;
    std::uint32_t month = 0;
    std::uint32_t day = 0;
    civil_from_days(seconds / kSecondsOfDay, year, month, day);
    if (format.date == TimestampFormat::kNumeric) {
      out = write_two(year % 100, write_two(year / 100, out));
      *out++ = format.date_separator;
      out = write_two(month, out);
      *out++ = format.date_separator;
      out = write_two(day, out);
    } else {
      out = write_two(day, out);
      *out++ = format.date_separator;
      std::memcpy(out, &kMonths[3 * (month - 1)], 3);
      out += 3;
      *out++ = format.date_separator;
      out = write_two(year % 100, write_two(year / 100, out));
    }
    *out++ = format.time_separator;
  }
  out = write_two(time / 3'600, out);
  *out++ = ':';
  out = write_two(time / 60 % 60, out);
  *out++ = ':';
  out = write_two(time % 60, out);
  std::uint32_t digits = format.fraction_digits;
  if (format.trimmed) {
    for (; digits > 0 && fraction % 10 == 0; --digits) fraction /= 10;
  }
  if (digits > 0) {
    *out++ = format.fraction_separator;
    for (std::uint32_t i = digits; i > 0; --i) {
      out[i - 1] = static_cast<char>('0' + fraction % 10);
      fraction /= 10;
    }
    out += digits;
  }
  if (format.utc) *out++ = 'Z';
  return out;
}

}  // namespace cordwood::codec::lines
