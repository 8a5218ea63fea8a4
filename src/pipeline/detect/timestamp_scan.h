// The forms of date and time in text, for detect_timestamp.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "pipeline/detect/timestamp.h"
#include "pipeline/gotime/civil.h"

namespace cordwood::pipeline {

// Looks at one text; offsets are into it. Nothing here allocates.
class TimestampScanner {
 public:
  TimestampScanner(std::string_view text, const TimestampContext& context) : text_(text), context_(context) {}

  // Any form of date and time that begins exactly at `at`.
  std::optional<base::UnixNanos> date_time_at(std::size_t at) const;
  // The forms that begin with a digit.
  std::optional<base::UnixNanos> numeric_date_at(std::size_t at) const;
  // 10, 13, 16 or 19 digits since 1970, or 10 digits and a fraction.
  std::optional<base::UnixNanos> epoch_at(std::size_t at) const;
  // The offset behind `<n>` and RFC 5424's version, or `at`.
  std::size_t behind_priority(std::size_t at) const;

 private:
  struct Moment {
    CivilTime civil;
    std::int64_t nanos = 0;
    bool has_year = true;
    std::optional<int> offset_seconds;
  };
  char peek(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  bool is_digit_at(std::size_t at) const { return peek(at) >= '0' && peek(at) <= '9'; }
  bool digits(std::size_t& at, std::size_t count, int& value) const;
  bool literal(std::size_t& at, char c) const;
  bool clock(std::size_t& at, Moment& moment) const;
  void fraction(std::size_t& at, Moment& moment) const;
  void zone(std::size_t at, Moment& moment) const;
  bool month_name(std::size_t& at, int& month) const;
  std::optional<base::UnixNanos> finish(const Moment& moment) const;

  std::optional<base::UnixNanos> year_first(std::size_t at) const;   // 2024-02-03 04:05:06
  std::optional<base::UnixNanos> basic_iso(std::size_t at) const;    // 20240203T040506Z
  std::optional<base::UnixNanos> day_first(std::size_t at) const;    // 03/Feb/2024:04:05:06 +0100, 03 Feb 2024 04:05:06
  std::optional<base::UnixNanos> month_day(std::size_t at) const;    // 02-03 04:05:06.789
  std::optional<base::UnixNanos> month_first(std::size_t at) const;  // Feb  3 04:05:06 [2024]
  std::optional<base::UnixNanos> weekday_first(std::size_t at) const;  // Sat Feb  3 ..., Sat, 03 Feb 2024 ...
  std::optional<base::UnixNanos> klog(std::size_t at) const;           // I0203 04:05:06.000000

  std::string_view text_;
  const TimestampContext& context_;
};

}  // namespace cordwood::pipeline
