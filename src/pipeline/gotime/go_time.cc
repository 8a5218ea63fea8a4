#include "pipeline/gotime/go_time.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "pipeline/gotime/layout.h"

namespace cordwood::pipeline {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

std::string format_zone(LayoutKind kind, int offset) {
  const bool iso = kind >= LayoutKind::kIsoZone && kind <= LayoutKind::kIsoZoneColonSeconds;
  if (iso && offset == 0) return "Z";
  const char sign = offset < 0 ? '-' : '+';
  const int all = offset < 0 ? -offset : offset;
  const int h = all / 3600;
  const int m = all / 60 % 60;
  const int s = all % 60;
  switch (kind) {
    case LayoutKind::kIsoZoneShort:
    case LayoutKind::kZoneShort:
      return fmt::format("{}{:02}", sign, h);
    case LayoutKind::kIsoZoneColon:
    case LayoutKind::kZoneColon:
      return fmt::format("{}{:02}:{:02}", sign, h, m);
    case LayoutKind::kIsoZoneColonSeconds:
    case LayoutKind::kZoneColonSeconds:
      return fmt::format("{}{:02}:{:02}:{:02}", sign, h, m, s);
    case LayoutKind::kIsoZoneSeconds:
    case LayoutKind::kZoneSeconds:
      return fmt::format("{}{:02}{:02}{:02}", sign, h, m, s);
    default:
      return fmt::format("{}{:02}{:02}", sign, h, m);
  }
}

std::string format_fraction(LayoutKind kind, std::string_view element, std::int32_t nanos) {
  const std::size_t digits = std::min<std::size_t>(element.size() - 1, 9);
  std::string text = fmt::format("{:09}", nanos).substr(0, digits);
  if (kind == LayoutKind::kFraction9) {
    while (!text.empty() && text.back() == '0') text.pop_back();
    if (text.empty()) return text;
  }
  return element[0] + text;
}

}  // namespace

std::string_view month_name(int month) {
  return kMonths[static_cast<std::size_t>(month - 1) % 12];
}
std::string_view weekday_name(int weekday) {
  return kWeekdays[static_cast<std::size_t>(weekday) % 7];
}

GoTime GoTime::from_unix(base::UnixNanos time) {
  std::int64_t seconds = time.value / 1000000000;
  std::int64_t nanos = time.value % 1000000000;
  if (nanos < 0) {
    nanos += 1000000000;
    --seconds;
  }
  return {seconds, static_cast<std::int32_t>(nanos), TimeZone::utc()};
}

std::int64_t GoTime::unix_nanos() const {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(seconds) * 1000000000U +
                                   static_cast<std::uint64_t>(nanos));
}

CivilTime GoTime::civil() const {
  return civil_from_seconds(seconds + zone->at(seconds).offset_seconds);
}

int GoTime::weekday() const {
  const CivilTime t = civil();
  return weekday_from_days(days_from_civil(t.year, t.month, t.day));
}

int GoTime::year_day() const {
  const CivilTime t = civil();
  return static_cast<int>(days_from_civil(t.year, t.month, t.day) - days_from_civil(t.year, 1, 1)) + 1;
}

std::string GoTime::format(std::string_view layout) const {
  const TimeZone::Info info = zone->at(seconds);
  const CivilTime t = civil();
  const int hour12 = t.hour % 12 == 0 ? 12 : t.hour % 12;
  std::string out;
  const auto add = [&out](int width, char fill, std::int64_t value) {
    const std::string digits = std::to_string(value);
    for (std::size_t n = digits.size(); n < static_cast<std::size_t>(width); ++n) out.push_back(fill);
    out.append(digits);
  };
  while (!layout.empty()) {
    const LayoutElement element = next_layout_element(layout);
    out.append(element.literal);
    switch (element.kind) {
      case LayoutKind::kNone:
        break;
      case LayoutKind::kLongMonth:
        out += month_name(t.month);
        break;
      case LayoutKind::kMonth:
        out += month_name(t.month).substr(0, 3);
        break;
      case LayoutKind::kNumMonth:
        add(1, ' ', t.month);
        break;
      case LayoutKind::kZeroMonth:
        add(2, '0', t.month);
        break;
      case LayoutKind::kLongWeekDay:
        out += weekday_name(weekday());
        break;
      case LayoutKind::kWeekDay:
        out += weekday_name(weekday()).substr(0, 3);
        break;
      case LayoutKind::kDay:
        add(1, ' ', t.day);
        break;
      case LayoutKind::kUnderDay:
        add(2, ' ', t.day);
        break;
      case LayoutKind::kZeroDay:
        add(2, '0', t.day);
        break;
      case LayoutKind::kUnderYearDay:
        add(3, ' ', year_day());
        break;
      case LayoutKind::kZeroYearDay:
        add(3, '0', year_day());
        break;
      case LayoutKind::kHour:
        add(2, '0', t.hour);
        break;
      case LayoutKind::kHour12:
        add(1, ' ', hour12);
        break;
      case LayoutKind::kZeroHour12:
        add(2, '0', hour12);
        break;
      case LayoutKind::kMinute:
        add(1, ' ', t.minute);
        break;
      case LayoutKind::kZeroMinute:
        add(2, '0', t.minute);
        break;
      case LayoutKind::kSecond:
        add(1, ' ', t.second);
        break;
      case LayoutKind::kZeroSecond:
        add(2, '0', t.second);
        break;
      case LayoutKind::kLongYear:
        add(4, '0', t.year);
        break;
      case LayoutKind::kYear:
        add(2, '0', (t.year % 100 + 100) % 100);
        break;
      case LayoutKind::kUpperAmPm:
        out += t.hour >= 12 ? "PM" : "AM";
        break;
      case LayoutKind::kLowerAmPm:
        out += t.hour >= 12 ? "pm" : "am";
        break;
      case LayoutKind::kZoneName:
        out += info.abbreviation.empty()
                   ? format_zone(info.offset_seconds % 3600 == 0 ? LayoutKind::kZoneShort : LayoutKind::kZone,
                                 info.offset_seconds)
                   : std::string(info.abbreviation);
        break;
      case LayoutKind::kFraction0:
      case LayoutKind::kFraction9:
        out += format_fraction(element.kind, element.text, nanos);
        break;
      default:
        out += format_zone(element.kind, info.offset_seconds);
        break;
    }
  }
  return out;
}

}  // namespace cordwood::pipeline
