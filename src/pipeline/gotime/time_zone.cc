#include "pipeline/gotime/time_zone.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "base/mutex.h"
#include "pipeline/gotime/civil.h"

namespace cordwood::pipeline {
namespace {

constexpr std::size_t kFileBytesMax = 256 << 10;
constexpr std::size_t kNameBytesMax = 64;
// Names come from queries; unknown ones are not kept, so the cache cannot outgrow the database (about 600 names).
constexpr std::size_t kCacheEntriesMax = 2048;

std::uint32_t read_u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
std::int64_t read_i64(std::string_view bytes, std::size_t at) {
  return static_cast<std::int64_t>(std::uint64_t{read_u32(bytes, at)} << 32 | read_u32(bytes, at + 4));
}

struct Header {
  char version = 0;
  std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, transitions = 0, types = 0, characters = 0;
  static constexpr std::size_t kBytes = 44;
  std::size_t data_bytes(std::size_t time_bytes) const {
    return transitions * (time_bytes + 1) + types * 6 + characters + leaps * (time_bytes + 4) + standard_flags +
           utc_flags;
  }
};

std::optional<Header> read_header(std::string_view bytes) {
  if (bytes.size() < Header::kBytes || !bytes.starts_with("TZif")) return std::nullopt;
  Header header;
  header.version = bytes[4];
  header.utc_flags = read_u32(bytes, 20);
  header.standard_flags = read_u32(bytes, 24);
  header.leaps = read_u32(bytes, 28);
  header.transitions = read_u32(bytes, 32);
  header.types = read_u32(bytes, 36);
  header.characters = read_u32(bytes, 40);
  for (const std::size_t count :
       {header.utc_flags, header.standard_flags, header.leaps, header.transitions, header.types, header.characters}) {
    if (count > kFileBytesMax) return std::nullopt;
  }
  return header;
}

bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax || name[0] == '/' || name.find("..") != std::string_view::npos) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '+' || c == '-' || c == '/';
  });
}

std::string read_database(std::string_view name) {
  std::ifstream file("/usr/share/zoneinfo/" + std::string(name), std::ios::binary);
  std::string bytes(kFileBytesMax, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return bytes;
}

// --- POSIX TZ strings: CET-1CEST,M3.5.0,M10.5.0/3 ------------------------------------------------------------------

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_number(std::string_view& text, int& value) {
  std::size_t digits = 0;
  value = 0;
  while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + (text[digits++] - '0');
  }
  text.remove_prefix(digits);
  return digits > 0;
}

// [+-]hh[:mm[:ss]]
bool take_offset(std::string_view& text, int& seconds) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  int hours = 0, minutes = 0, rest = 0;
  if (!take_number(text, hours)) return false;
  if (take(text, ':') && !take_number(text, minutes)) return false;
  if (take(text, ':') && !take_number(text, rest)) return false;
  seconds = hours * 3600 + minutes * 60 + rest;
  if (negative) seconds = -seconds;
  return true;
}

bool take_abbreviation(std::string_view& text, std::string& name) {
  std::size_t length = 0;
  if (take(text, '<')) {
    length = text.find('>');
    if (length == std::string_view::npos) return false;
    name = text.substr(0, length);
    text.remove_prefix(length + 1);
    return true;
  }
  while (length < text.size() && std::isalpha(static_cast<unsigned char>(text[length])) != 0) ++length;
  name = text.substr(0, length);
  text.remove_prefix(length);
  return length >= 3;
}

}  // namespace

std::shared_ptr<const TimeZone> TimeZone::utc() {
  static const std::shared_ptr<const TimeZone> zone = fixed("UTC", 0);
  return zone;
}

std::shared_ptr<const TimeZone> TimeZone::fixed(std::string abbreviation, int offset_seconds) {
  auto zone = std::make_shared<TimeZone>();
  zone->types_.push_back({offset_seconds, std::move(abbreviation)});
  return zone;
}

std::shared_ptr<const TimeZone> TimeZone::load(std::string_view name) {
  if (name.empty() || name == "UTC" || name == "Local") return utc();
  if (!is_zone_name(name)) return nullptr;
  static base::Mutex mutex;
  static std::map<std::string, std::shared_ptr<const TimeZone>, std::less<>> cache;
  base::MutexLock lock(mutex);
  if (const auto found = cache.find(name); found != cache.end()) return found->second;
  std::shared_ptr<const TimeZone> zone = parse(read_database(name));
  if (zone != nullptr && cache.size() < kCacheEntriesMax) cache.emplace(std::string(name), zone);
  return zone;
}

std::shared_ptr<const TimeZone> TimeZone::parse(std::string_view bytes) {
  std::optional<Header> header = read_header(bytes);
  if (!header.has_value()) return nullptr;
  std::size_t time_bytes = 4;
  bytes.remove_prefix(Header::kBytes);
  if (header->version >= '2') {
    // The first block is for old readers; the second has 64-bit times.
    if (bytes.size() < header->data_bytes(4)) return nullptr;
    bytes.remove_prefix(header->data_bytes(4));
    header = read_header(bytes);
    if (!header.has_value()) return nullptr;
    bytes.remove_prefix(Header::kBytes);
    time_bytes = 8;
  }
  if (bytes.size() < header->data_bytes(time_bytes) || header->types == 0) return nullptr;
  auto zone = std::make_shared<TimeZone>();
  const std::size_t type_indexes = header->transitions * time_bytes;
  const std::size_t types = type_indexes + header->transitions;
  const std::string_view characters = bytes.substr(types + header->types * 6, header->characters);
  for (std::size_t i = 0; i < header->types; ++i) {
    const std::size_t at = types + i * 6;
    const std::size_t name_at = static_cast<unsigned char>(bytes[at + 5]);
    if (name_at >= characters.size()) return nullptr;
    const std::string_view name = characters.substr(name_at);
    zone->types_.push_back({static_cast<int>(read_u32(bytes, at)), std::string(name.substr(0, name.find('\0')))});
  }
  for (std::size_t i = 0; i < header->transitions; ++i) {
    const auto type = static_cast<unsigned char>(bytes[type_indexes + i]);
    if (type >= zone->types_.size()) return nullptr;
    const std::int64_t when =
        time_bytes == 8 ? read_i64(bytes, i * 8) : static_cast<std::int32_t>(read_u32(bytes, i * 4));
    zone->transitions_.push_back(when);
    zone->transition_types_.push_back(type);
  }
  if (!std::is_sorted(zone->transitions_.begin(), zone->transitions_.end())) return nullptr;
  if (time_bytes == 8) {
    std::string_view footer = bytes.substr(header->data_bytes(8));
    if (take(footer, '\n')) zone->has_footer_ = zone->parse_footer(footer.substr(0, footer.find('\n')));
  }
  return zone;
}

bool TimeZone::parse_footer(std::string_view text) {
  const auto take_rule = [&text](Rule& rule) {
    if (!take(text, ',')) return false;
    if (take(text, 'M')) {
      if (!take_number(text, rule.month) || !take(text, '.') || !take_number(text, rule.week) || !take(text, '.') ||
          !take_number(text, rule.day)) {
        return false;
      }
      if (rule.month < 1 || rule.month > 12 || rule.week < 1 || rule.week > 5 || rule.day > 6) return false;
    } else {
      rule.julian_without_leap = take(text, 'J');
      if (!take_number(text, rule.day) || rule.day > 365) return false;
    }
    return !take(text, '/') || take_offset(text, rule.seconds);
  };
  int west = 0;
  if (!take_abbreviation(text, standard_.abbreviation) || !take_offset(text, west)) return false;
  standard_.offset = -west;
  if (text.empty()) return true;
  if (!take_abbreviation(text, daylight_.abbreviation)) return false;
  daylight_.offset = standard_.offset + 3600;
  if (!text.empty() && text[0] != ',') {
    if (!take_offset(text, west)) return false;
    daylight_.offset = -west;
  }
  has_daylight_ = take_rule(daylight_begin_) && take_rule(daylight_end_);
  return has_daylight_;
}

// Seconds from the beginning of 1970 to the rule's local wall time in `year`.
std::int64_t TimeZone::rule_seconds(const Rule& rule, std::int64_t year) {
  std::int64_t days = 0;
  if (rule.month == 0) {
    days = days_from_civil(year, 1, 1) + rule.day;
    if (rule.julian_without_leap) days += is_leap_year(year) && rule.day >= 60 ? 0 : -1;
  } else {
    const std::int64_t first = days_from_civil(year, rule.month, 1);
    int offset = (rule.day - weekday_from_days(first) + 7) % 7 + (rule.week - 1) * 7;
    if (offset >= days_in_month(year, rule.month)) offset -= 7;
    days = first + offset;
  }
  return days * 86400 + rule.seconds;
}

TimeZone::Info TimeZone::from_footer(std::int64_t unix_seconds) const {
  const Info standard{standard_.offset, standard_.abbreviation};
  if (!has_daylight_) return standard;
  const std::int64_t year = civil_from_seconds(unix_seconds + standard_.offset).year;
  const std::int64_t begin = rule_seconds(daylight_begin_, year) - standard_.offset;
  const std::int64_t end = rule_seconds(daylight_end_, year) - daylight_.offset;
  const bool daylight =
      begin < end ? unix_seconds >= begin && unix_seconds < end : unix_seconds >= begin || unix_seconds < end;
  return daylight ? Info{daylight_.offset, daylight_.abbreviation} : standard;
}

TimeZone::Info TimeZone::at(std::int64_t unix_seconds) const {
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), unix_seconds);
  if (next == transitions_.end() && has_footer_) return from_footer(unix_seconds);
  std::size_t type = 0;
  if (next != transitions_.begin()) {
    type = transition_types_[static_cast<std::size_t>(next - transitions_.begin()) - 1];
  }
  return {types_[type].offset, types_[type].abbreviation};
}

std::int64_t TimeZone::to_unix(std::int64_t local_seconds) const {
  // Guess with the offset of a nearby instant, and look again with what holds at the guess.
  const int offset = at(local_seconds).offset_seconds;
  std::int64_t unix_seconds = local_seconds - offset;
  const int there = at(unix_seconds).offset_seconds;
  if (there != offset) {
    const std::int64_t other = local_seconds - there;
    if (at(other).offset_seconds == there) unix_seconds = other;
  }
  return unix_seconds;
}

}  // namespace cordwood::pipeline
