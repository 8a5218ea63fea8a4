#include "pipeline/detect/timestamp_scan.h"

#include <array>
#include <cstdlib>

namespace cordwood::pipeline {
namespace {

using base::UnixNanos;

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

bool same_word(std::string_view text, std::string_view lower_word) {
  if (text.size() < lower_word.size()) return false;
  for (std::size_t i = 0; i < lower_word.size(); ++i) {
    if (lower(text[i]) != lower_word[i]) return false;
  }
  return true;
}

}  // namespace

bool TimestampScanner::digits(std::size_t& at, std::size_t count, int& value) const {
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit_at(at + i)) return false;
    value = value * 10 + (text_[at + i] - '0');
  }
  at += count;
  return true;
}

bool TimestampScanner::literal(std::size_t& at, char c) const {
  if (peek(at) != c) return false;
  ++at;
  return true;
}

// hh:mm[:ss[.fff]]
bool TimestampScanner::clock(std::size_t& at, Moment& moment) const {
  CivilTime& civil = moment.civil;
  if (!digits(at, 2, civil.hour) || !literal(at, ':') || !digits(at, 2, civil.minute)) return false;
  if (peek(at) == ':') {
    ++at;
    if (!digits(at, 2, civil.second)) return false;
    fraction(at, moment);
  }
  // 60 is a leap second, told as the last of its minute.
  if (civil.second == 60) civil.second = 59;
  return civil.hour <= 23 && civil.minute <= 59 && civil.second <= 59 && !is_digit_at(at);
}

void TimestampScanner::fraction(std::size_t& at, Moment& moment) const {
  const char point = peek(at);
  if ((point != '.' && point != ',') || !is_digit_at(at + 1)) return;
  ++at;
  std::int64_t scale = 100000000;
  for (; is_digit_at(at); ++at) {
    moment.nanos += (text_[at] - '0') * scale;
    scale /= 10;
  }
}

// Z, +01:00, +0100, +01, UTC or GMT, perhaps behind a space. Other abbreviations are ambiguous and left alone.
void TimestampScanner::zone(std::size_t at, Moment& moment) const {
  if (peek(at) == 'Z' || peek(at) == 'z') {
    moment.offset_seconds = 0;
    return;
  }
  if (peek(at) == ' ') ++at;
  if (same_word(text_.substr(std::min(at, text_.size())), "utc") ||
      same_word(text_.substr(std::min(at, text_.size())), "gmt")) {
    if (!is_letter(peek(at + 3)) && peek(at + 3) != '+' && peek(at + 3) != '-') moment.offset_seconds = 0;
    return;
  }
  const char sign = peek(at);
  if (sign != '+' && sign != '-') return;
  ++at;
  int hours = 0;
  int minutes = 0;
  if (!digits(at, 2, hours)) return;
  if (peek(at) == ':') ++at;
  if (is_digit_at(at) && !digits(at, 2, minutes)) return;
  if (hours > 18 || minutes > 59 || is_digit_at(at)) return;
  const int offset = hours * 3600 + minutes * 60;
  moment.offset_seconds = sign == '-' ? -offset : offset;
}

bool TimestampScanner::month_name(std::size_t& at, int& month) const {
  if (at + 3 > text_.size()) return false;
  const std::string_view word = text_.substr(at, 3);
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (!same_word(word, kMonths[i])) continue;
    month = static_cast<int>(i) + 1;
    at += 3;
    return true;
  }
  return false;
}

std::optional<UnixNanos> TimestampScanner::finish(const Moment& moment) const {
  CivilTime civil = moment.civil;
  const auto to_time = [&]() -> std::optional<UnixNanos> {
    if (civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > days_in_month(civil.year, civil.month)) {
      return std::nullopt;
    }
    if (civil.year < 1678 || civil.year > 2261) return std::nullopt;
    std::int64_t seconds = seconds_from_civil(civil);
    if (moment.offset_seconds.has_value()) {
      seconds -= *moment.offset_seconds;
    } else if (context_.zone != nullptr) {
      seconds = context_.zone->to_unix(seconds);
    }
    return UnixNanos{seconds * 1000000000 + moment.nanos};
  };
  if (moment.has_year) return to_time();
  // The latest year that is not more than a day ahead of the reference.
  constexpr base::nanoseconds kAhead = std::chrono::hours(24);
  const std::int64_t reference_seconds = context_.reference.value / 1000000000;
  const std::int64_t year = civil_from_seconds(reference_seconds).year;
  std::optional<UnixNanos> best;
  for (civil.year = year - 4; civil.year <= year + 1; ++civil.year) {
    const std::optional<UnixNanos> time = to_time();
    if (time.has_value() && (!best.has_value() || *time <= context_.reference + kAhead)) best = time;
  }
  return best;
}

std::optional<UnixNanos> TimestampScanner::year_first(std::size_t at) const {
  Moment moment;
  int year = 0;
  if (!digits(at, 4, year)) return std::nullopt;
  const char separator = peek(at);
  if (separator != '-' && separator != '/' && separator != '.') return std::nullopt;
  ++at;
  moment.civil.year = year;
  if (!digits(at, 2, moment.civil.month) || !literal(at, separator) || !digits(at, 2, moment.civil.day)) {
    return std::nullopt;
  }
  const char between = peek(at);
  if (between != 'T' && between != 't' && between != ' ' && between != '_' && between != '-') return std::nullopt;
  ++at;
  while (between == ' ' && peek(at) == ' ') ++at;
  if (!clock(at, moment)) return std::nullopt;
  zone(at, moment);
  return finish(moment);
}

std::optional<UnixNanos> TimestampScanner::basic_iso(std::size_t at) const {
  Moment moment;
  int year = 0;
  CivilTime& civil = moment.civil;
  if (!digits(at, 4, year) || !digits(at, 2, civil.month) || !digits(at, 2, civil.day)) return std::nullopt;
  civil.year = year;
  if (!literal(at, 'T') || !digits(at, 2, civil.hour) || !digits(at, 2, civil.minute) || !digits(at, 2, civil.second)) {
    return std::nullopt;
  }
  if (civil.hour > 23 || civil.minute > 59 || civil.second > 59) return std::nullopt;
  fraction(at, moment);
  zone(at, moment);
  return finish(moment);
}

std::optional<UnixNanos> TimestampScanner::day_first(std::size_t at) const {
  Moment moment;
  int year = 0;
  const std::size_t length = is_digit_at(at + 1) ? 2 : 1;
  if (!digits(at, length, moment.civil.day)) return std::nullopt;
  const char separator = peek(at);
  if (separator != '/' && separator != ' ' && separator != '-') return std::nullopt;
  ++at;
  if (!month_name(at, moment.civil.month) || !literal(at, separator) || !digits(at, 4, year)) return std::nullopt;
  moment.civil.year = year;
  if (peek(at) != ':' && peek(at) != ' ') return std::nullopt;
  ++at;
  if (!clock(at, moment)) return std::nullopt;
  zone(at, moment);
  return finish(moment);
}

std::optional<UnixNanos> TimestampScanner::month_day(std::size_t at) const {
  Moment moment;
  moment.has_year = false;
  if (!digits(at, 2, moment.civil.month) || !literal(at, '-') || !digits(at, 2, moment.civil.day) ||
      !literal(at, ' ')) {
    return std::nullopt;
  }
  if (!clock(at, moment)) return std::nullopt;
  return finish(moment);
}

std::optional<UnixNanos> TimestampScanner::month_first(std::size_t at) const {
  Moment moment;
  int year = 0;
  if (!month_name(at, moment.civil.month) || !literal(at, ' ')) return std::nullopt;
  if (peek(at) == ' ') ++at;
  if (!digits(at, is_digit_at(at + 1) ? 2 : 1, moment.civil.day) || !literal(at, ' ')) return std::nullopt;
  moment.has_year = false;
  std::size_t behind_year = at;
  if (digits(behind_year, 4, year) && literal(behind_year, ' ')) {  // Feb  3 2024 04:05:06
    moment.has_year = true;
    at = behind_year;
  }
  if (!clock(at, moment)) return std::nullopt;
  zone(at, moment);
  if (!moment.has_year) {  // Feb  3 04:05:06 [CET] 2024
    std::size_t end = at;
    if (peek(end) == ' ' && is_letter(peek(end + 1))) {
      ++end;
      while (is_letter(peek(end))) ++end;
    }
    if (literal(end, ' ') && digits(end, 4, year) && !is_digit_at(end) && year >= 1970 && year < 2200) {
      moment.has_year = true;
    }
  }
  if (moment.has_year) moment.civil.year = year;
  return finish(moment);
}

std::optional<UnixNanos> TimestampScanner::weekday_first(std::size_t at) const {
  if (at + 3 > text_.size()) return std::nullopt;
  bool known = false;
  for (const std::string_view day : kDays) known = known || same_word(text_.substr(at, 3), day);
  if (!known) return std::nullopt;
  at += 3;
  while (is_letter(peek(at))) ++at;
  if (peek(at) == ',') ++at;
  if (!literal(at, ' ')) return std::nullopt;
  return is_digit_at(at) ? day_first(at) : month_first(at);
}

std::optional<UnixNanos> TimestampScanner::klog(std::size_t at) const {
  Moment moment;
  moment.has_year = false;
  ++at;
  if (!digits(at, 2, moment.civil.month) || !digits(at, 2, moment.civil.day) || !literal(at, ' ')) return std::nullopt;
  if (!clock(at, moment)) return std::nullopt;
  return finish(moment);
}

std::optional<UnixNanos> TimestampScanner::numeric_date_at(std::size_t at) const {
  if (!is_digit_at(at)) return std::nullopt;
  switch (peek(at + 4)) {
    case '-':
    case '/':
    case '.':
      if (auto time = year_first(at)) return time;
      break;
    default:
      break;
  }
  if (peek(at + 8) == 'T') return basic_iso(at);
  if (is_letter(peek(at + 3)) || is_letter(peek(at + 2))) return day_first(at);
  if (peek(at + 2) == '-' && peek(at + 5) == ' ') return month_day(at);
  return std::nullopt;
}

std::optional<UnixNanos> TimestampScanner::date_time_at(std::size_t at) const {
  const char c = peek(at);
  if (c >= '0' && c <= '9') return numeric_date_at(at);
  if (!is_letter(c)) return std::nullopt;
  if (is_digit_at(at + 1)) {
    return c == 'I' || c == 'W' || c == 'E' || c == 'F' || c == 'D' ? klog(at) : std::nullopt;
  }
  if (auto time = month_first(at)) return time;
  return weekday_first(at);
}

std::optional<UnixNanos> TimestampScanner::epoch_at(std::size_t at) const {
  std::size_t count = 0;
  std::uint64_t value = 0;
  while (count < 20 && is_digit_at(at + count))
    value = value * 10 + static_cast<std::uint64_t>(text_[at + count++] - '0');
  const char behind = peek(at + count);
  if (is_letter(behind) || behind == '-' || behind == ':' || behind == '_') return std::nullopt;
  std::int64_t unit = 0;
  switch (count) {
    case 10:
      unit = 1000000000;
      break;
    case 13:
      unit = 1000000;
      break;
    case 16:
      unit = 1000;
      break;
    case 19:
      unit = 1;
      break;
    default:
      return std::nullopt;
  }
  if (count == 19 && value > static_cast<std::uint64_t>(UnixNanos::max().value)) return std::nullopt;
  if (count < 19 && value > static_cast<std::uint64_t>(UnixNanos::max().value / unit)) return std::nullopt;
  std::int64_t nanos = static_cast<std::int64_t>(value) * unit;
  // A fraction only behind seconds and milliseconds.
  if (behind == '.' && is_digit_at(at + count + 1) && unit >= 1000000) {
    std::int64_t scale = unit / 10;
    for (std::size_t i = at + count + 1; is_digit_at(i) && scale > 0; ++i, scale /= 10)
      nanos += (text_[i] - '0') * scale;
  }
  return UnixNanos{nanos};
}

std::size_t TimestampScanner::behind_priority(std::size_t at) const {
  if (peek(at) != '<' || !is_digit_at(at + 1)) return at;
  std::size_t end = at + 1;
  while (end < at + 5 && is_digit_at(end)) ++end;
  if (peek(end) != '>') return at;
  ++end;
  if (peek(end) == '1' && peek(end + 1) == ' ') end += 2;
  return end;
}

}  // namespace cordwood::pipeline
