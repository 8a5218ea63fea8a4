// Time zones from the system's tz database (TZif, RFC 8536).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::pipeline {

// Immutable and thread-safe.
class TimeZone {
 public:
  struct Info {
    int offset_seconds = 0;  // east of UTC
    std::string_view abbreviation;
  };

  static std::shared_ptr<const TimeZone> utc();
  static std::shared_ptr<const TimeZone> fixed(std::string abbreviation, int offset_seconds);
  // A zone of the database such as "Europe/Berlin"; "" and "UTC" are UTC, and so is "Local": what a query answers must
  // not depend on the machine. nullptr for unknown names. The database is immutable data of the system, read straight
  // from its folder once per name.
  static std::shared_ptr<const TimeZone> load(std::string_view name);
  // From the bytes of a TZif file; nullptr when they are malformed.
  static std::shared_ptr<const TimeZone> parse(std::string_view tzif);

  Info at(std::int64_t unix_seconds) const;
  // The instant at which clocks of this zone show `local_seconds` (seconds since 1970 as if they were UTC). In a gap or
  // an overlap of daylight saving it is one of the two sensible ones, chosen as Go's time.Date does.
  std::int64_t to_unix(std::int64_t local_seconds) const;

 private:
  struct Type {
    int offset = 0;
    std::string abbreviation;
  };
  // A rule of a POSIX TZ string: when daylight saving begins or ends each year.
  struct Rule {
    int month = 0;  // 0: day of the year
    int week = 0;
    int day = 0;
    bool julian_without_leap = false;
    int seconds = 7200;  // after local midnight
  };
  bool parse_footer(std::string_view text);
  Info from_footer(std::int64_t unix_seconds) const;
  static std::int64_t rule_seconds(const Rule& rule, std::int64_t year);

  std::vector<std::int64_t> transitions_;  // ascending
  std::vector<std::uint8_t> transition_types_;
  std::vector<Type> types_;  // at least one
  bool has_footer_ = false;
  bool has_daylight_ = false;
  Type standard_;
  Type daylight_;
  Rule daylight_begin_;
  Rule daylight_end_;
};

}  // namespace cordwood::pipeline
