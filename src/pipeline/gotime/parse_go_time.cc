// time.ParseInLocation.
#include <algorithm>
#include <cctype>
#include <utility>

#include "pipeline/gotime/go_time.h"
#include "pipeline/gotime/layout.h"

namespace cordwood::pipeline {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool starts_with_folded(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

// The state of one parse: each element eats from the front of the text.
class Parser {
 public:
  Parser(std::string_view text, const std::shared_ptr<const TimeZone>& zone) : text_(text), zone_(zone) {}

  std::optional<GoTime> run(std::string_view layout) {
    while (true) {
      const LayoutElement element = next_layout_element(layout);
      if (!literal(element.literal)) return std::nullopt;
      if (element.kind == LayoutKind::kNone) {
        if (!text_.empty()) return std::nullopt;
        break;
      }
      if (!take(element, layout)) return std::nullopt;
    }
    return finish();
  }

 private:
  // White space in the layout matches any run of it.
  bool literal(std::string_view prefix) {
    while (!prefix.empty()) {
      if (prefix[0] == ' ') {
        if (!text_.empty() && text_[0] != ' ') return false;
        while (!prefix.empty() && prefix[0] == ' ') prefix.remove_prefix(1);
        skip_spaces();
        continue;
      }
      if (text_.empty() || text_[0] != prefix[0]) return false;
      prefix.remove_prefix(1);
      text_.remove_prefix(1);
    }
    return true;
  }
  void skip_spaces() {
    while (!text_.empty() && text_[0] == ' ') text_.remove_prefix(1);
  }
  // Exactly `most` digits when `fixed`, else one to `most`.
  bool number(std::size_t most, bool fixed, int& value) {
    std::size_t digits = 0;
    value = 0;
    while (digits < most && digits < text_.size() && is_digit(text_[digits]))
      value = value * 10 + (text_[digits++] - '0');
    if (digits == 0 || (fixed && digits != most)) return false;
    text_.remove_prefix(digits);
    return true;
  }
  bool number_in(std::size_t most, bool fixed, int low, int high, int& value) {
    return number(most, fixed, value) && value >= low && value <= high;
  }
  template <typename NameOf>
  bool name(int count, std::size_t shortened, NameOf name_of, int& index) {
    for (int i = 0; i < count; ++i) {
      const std::string_view word = name_of(i).substr(0, shortened);
      if (!starts_with_folded(text_, word)) continue;
      text_.remove_prefix(word.size());
      index = i;
      return true;
    }
    return false;
  }
  bool take_month(std::size_t shortened) {
    int index = 0;
    if (!name(12, shortened, [](int i) { return month_name(i + 1); }, index)) return false;
    civil_.month = index + 1;
    return true;
  }
  bool take_weekday(std::size_t shortened) {
    int ignored = 0;
    return name(7, shortened, [](int i) { return weekday_name(i); }, ignored);
  }
  // Fractional seconds may follow seconds although the layout does not say so.
  bool take_second(bool fixed, std::string_view layout_rest) {
    if (!number_in(2, fixed, 0, 59, civil_.second)) return false;
    std::string_view peek = layout_rest;
    const LayoutElement next = next_layout_element(peek);
    const bool announced =
        next.literal.empty() && (next.kind == LayoutKind::kFraction0 || next.kind == LayoutKind::kFraction9);
    if (announced || text_.size() < 2 || (text_[0] != '.' && text_[0] != ',') || !is_digit(text_[1])) return true;
    std::size_t digits = 1;
    while (digits < text_.size() && is_digit(text_[digits])) ++digits;
    return take_fraction(digits - 1);
  }
  bool take_fraction(std::size_t digits) {
    if (text_.size() < digits + 1 || (text_[0] != '.' && text_[0] != ',')) return false;
    std::int64_t value = 0;
    for (std::size_t i = 0; i < 9; ++i) {
      const char c = i < digits ? text_[i + 1] : '0';
      if (!is_digit(c)) return false;
      value = value * 10 + (c - '0');
    }
    for (std::size_t i = 9; i < digits; ++i) {
      if (!is_digit(text_[i + 1])) return false;
    }
    nanos_ = static_cast<std::int32_t>(value);
    text_.remove_prefix(digits + 1);
    return true;
  }
  bool take_offset(LayoutKind kind) {
    const bool iso = kind >= LayoutKind::kIsoZone && kind <= LayoutKind::kIsoZoneColonSeconds;
    if (iso && text_.starts_with("Z")) {
      text_.remove_prefix(1);
      offset_ = 0;
      is_utc_ = true;
      return true;
    }
    const bool colon = kind == LayoutKind::kIsoZoneColon || kind == LayoutKind::kZoneColon ||
                       kind == LayoutKind::kIsoZoneColonSeconds || kind == LayoutKind::kZoneColonSeconds;
    const bool short_form = kind == LayoutKind::kIsoZoneShort || kind == LayoutKind::kZoneShort;
    const bool with_seconds = kind == LayoutKind::kIsoZoneSeconds || kind == LayoutKind::kZoneSeconds ||
                              kind == LayoutKind::kIsoZoneColonSeconds || kind == LayoutKind::kZoneColonSeconds;
    if (text_.empty() || (text_[0] != '+' && text_[0] != '-')) return false;
    const int sign = text_[0] == '-' ? -1 : 1;
    text_.remove_prefix(1);
    int h = 0, m = 0, s = 0;
    if (!number_in(2, true, 0, 24, h)) return false;
    if (!short_form && ((colon && !literal(":")) || !number_in(2, true, 0, 60, m))) return false;
    if (with_seconds && ((colon && !literal(":")) || !number_in(2, true, 0, 60, s))) return false;
    offset_ = sign * (h * 3600 + m * 60 + s);
    return true;
  }
  // UTC, MST, CEST, +03, GMT+3, ChST.
  bool take_zone_name() {
    if (text_.starts_with("UTC")) {
      text_.remove_prefix(3);
      is_utc_ = true;
      offset_ = 0;
      return true;
    }
    std::size_t length = 0;
    if (text_.starts_with("ChST") || text_.starts_with("MeST")) {
      length = 4;
    } else if (!text_.empty() && (text_[0] == '+' || text_[0] == '-')) {
      length = 1;
      while (length < text_.size() && length < 5 && is_digit(text_[length])) ++length;
      if (length < 3) return false;
    } else {
      while (length < text_.size() && length < 6 && text_[length] >= 'A' && text_[length] <= 'Z') ++length;
      if (length < 3 || length > 5) return false;
      if (text_.starts_with("GMT") && length == 3 && text_.size() > 4 && (text_[3] == '+' || text_[3] == '-')) {
        length = 4;
        while (length < text_.size() && length < 6 && is_digit(text_[length])) ++length;
      }
    }
    zone_name_ = text_.substr(0, length);
    text_.remove_prefix(length);
    return true;
  }
  bool take_am_pm(std::string_view am, std::string_view pm) {
    if (text_.starts_with(pm)) {
      pm_ = true;
    } else if (text_.starts_with(am)) {
      am_ = true;
    } else {
      return false;
    }
    text_.remove_prefix(2);
    return true;
  }
  bool take_year2() {
    int year = 0;
    if (!number(2, true, year)) return false;
    civil_.year = year >= 69 ? year + 1900 : year + 2000;
    return true;
  }
  bool take_year4() {
    int year = 0;
    if (!number(4, true, year)) return false;
    civil_.year = year;
    return true;
  }
  bool take_day(bool fixed, bool padded) {
    if (padded && text_.starts_with(" ")) text_.remove_prefix(1);
    return number(2, fixed, civil_.day);
  }
  bool take_year_day(bool padded) {
    std::size_t spaces = 0;
    while (padded && spaces < 2 && text_.starts_with(" ")) {
      text_.remove_prefix(1);
      ++spaces;
    }
    return number(3 - spaces, true, year_day_);
  }
  bool take_optional_fraction() {
    if (text_.size() < 2 || (text_[0] != '.' && text_[0] != ',') || !is_digit(text_[1])) return true;
    std::size_t digits = 0;
    while (digits < 9 && digits + 1 < text_.size() && is_digit(text_[digits + 1])) ++digits;
    return take_fraction(digits);
  }

  bool take(const LayoutElement& element, std::string_view layout_rest) {
    switch (element.kind) {
      case LayoutKind::kYear:
        return take_year2();
      case LayoutKind::kLongYear:
        return take_year4();
      case LayoutKind::kMonth:
        return take_month(3);
      case LayoutKind::kLongMonth:
        return take_month(std::string_view::npos);
      case LayoutKind::kNumMonth:
        return number_in(2, false, 1, 12, civil_.month);
      case LayoutKind::kZeroMonth:
        return number_in(2, true, 1, 12, civil_.month);
      case LayoutKind::kWeekDay:
        return take_weekday(3);
      case LayoutKind::kLongWeekDay:
        return take_weekday(std::string_view::npos);
      case LayoutKind::kDay:
        return take_day(false, false);
      case LayoutKind::kUnderDay:
        return take_day(false, true);
      case LayoutKind::kZeroDay:
        return take_day(true, false);
      case LayoutKind::kUnderYearDay:
        return take_year_day(true);
      case LayoutKind::kZeroYearDay:
        return take_year_day(false);
      case LayoutKind::kHour:
        return number_in(2, false, 0, 23, civil_.hour);
      case LayoutKind::kHour12:
        return number_in(2, false, 0, 12, civil_.hour);
      case LayoutKind::kZeroHour12:
        return number_in(2, true, 0, 12, civil_.hour);
      case LayoutKind::kMinute:
        return number_in(2, false, 0, 59, civil_.minute);
      case LayoutKind::kZeroMinute:
        return number_in(2, true, 0, 59, civil_.minute);
      case LayoutKind::kSecond:
        return take_second(false, layout_rest);
      case LayoutKind::kZeroSecond:
        return take_second(true, layout_rest);
      case LayoutKind::kUpperAmPm:
        return take_am_pm("AM", "PM");
      case LayoutKind::kLowerAmPm:
        return take_am_pm("am", "pm");
      case LayoutKind::kZoneName:
        return take_zone_name();
      case LayoutKind::kFraction0:
        return take_fraction(element.text.size() - 1);
      case LayoutKind::kFraction9:
        return take_optional_fraction();
      case LayoutKind::kNone:
        return false;
      default:
        return take_offset(element.kind);
    }
  }

  std::optional<GoTime> finish() {
    if (pm_ && civil_.hour < 12) civil_.hour += 12;
    if (am_ && civil_.hour == 12) civil_.hour = 0;
    if (year_day_ >= 0) {
      if (year_day_ < 1 || year_day_ > (is_leap_year(civil_.year) ? 366 : 365)) return std::nullopt;
      const CivilTime date = civil_from_seconds((days_from_civil(civil_.year, 1, 1) + year_day_ - 1) * 86400);
      civil_.month = date.month;
      civil_.day = date.day;
    }
    if (civil_.day < 1 || civil_.day > days_in_month(civil_.year, civil_.month)) return std::nullopt;
    const std::int64_t local = seconds_from_civil(civil_);
    if (is_utc_) return GoTime{local, nanos_, TimeZone::utc()};
    if (offset_.has_value()) {
      // The default zone, when it has this offset at that time.
      const std::int64_t unix_seconds = local - *offset_;
      if (zone_->at(unix_seconds).offset_seconds == *offset_) return GoTime{unix_seconds, nanos_, zone_};
      return GoTime{unix_seconds, nanos_, TimeZone::fixed(std::string(zone_name_), *offset_)};
    }
    if (!zone_name_.empty()) return named_zone(local);
    return GoTime{zone_->to_unix(local), nanos_, zone_};
  }

  // An abbreviation means something only in the default zone; elsewhere Go makes up a zone with offset 0.
  std::optional<GoTime> named_zone(std::int64_t local) const {
    const std::int64_t unix_seconds = zone_->to_unix(local);
    for (const std::int64_t shift : {0, 15552000, -15552000}) {
      const TimeZone::Info info = zone_->at(unix_seconds + shift);
      if (info.abbreviation == zone_name_) return GoTime{local - info.offset_seconds, nanos_, zone_};
    }
    int hours = 0;
    if (zone_name_.size() > 3 && zone_name_.starts_with("GMT")) {
      for (const char c : zone_name_.substr(4)) hours = hours * 10 + (c - '0');
      if (zone_name_[3] == '-') hours = -hours;
    }
    return GoTime{local - hours * 3600, nanos_, TimeZone::fixed(std::string(zone_name_), hours * 3600)};
  }

  std::string_view text_;
  const std::shared_ptr<const TimeZone>& zone_;
  CivilTime civil_{.year = 0};
  std::int32_t nanos_ = 0;
  int year_day_ = -1;
  bool am_ = false;
  bool pm_ = false;
  bool is_utc_ = false;
  std::optional<int> offset_;
  std::string_view zone_name_;
};

}  // namespace

std::optional<GoTime> parse_go_time(std::string_view layout, std::string_view text,
                                    const std::shared_ptr<const TimeZone>& zone) {
  return Parser(text, zone).run(layout);
}

}  // namespace cordwood::pipeline
