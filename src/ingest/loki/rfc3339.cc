#include "ingest/loki/rfc3339.h"

#include <chrono>

namespace cordwood::ingest::loki {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool digits(std::size_t count, int& value) {
    if (text_.size() < count) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return false;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return true;
  }
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Nanoseconds of a fraction after its point; false when there is no digit.
  bool fraction(std::int64_t& nanos) {
    std::int64_t unit = 100'000'000;
    std::size_t count = 0;
    while (!text_.empty() && text_[0] >= '0' && text_[0] <= '9') {
      nanos += (text_[0] - '0') * unit;
      unit /= 10;
      text_.remove_prefix(1);
      ++count;
    }
    return count > 0;
  }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

}  // namespace

std::optional<base::UnixNanos> parse_rfc3339(std::string_view text) {
  Reader in(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const bool date = in.digits(4, year) && in.take('-') && in.digits(2, month) && in.take('-') && in.digits(2, day);
  if (!date || !(in.take('T') || in.take('t') || in.take(' '))) return std::nullopt;
  const bool clock = in.digits(2, hour) && in.take(':') && in.digits(2, minute) && in.take(':') && in.digits(2, second);
  if (!clock || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  std::int64_t nanos = 0;
  if (in.take('.') && !in.fraction(nanos)) return std::nullopt;
  int offset_minutes = 0;
  if (!in.take('Z') && !in.take('z')) {
    const bool minus = in.take('-');
    if (!minus && !in.take('+')) return std::nullopt;
    int hours = 0, minutes = 0;
    if (!in.digits(2, hours) || !in.take(':') || !in.digits(2, minutes)) return std::nullopt;
    offset_minutes = (minus ? -1 : 1) * (hours * 60 + minutes);
  }
  const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(day))};
  if (!in.at_end() || !ymd.ok() || year < 1678 || year > 2261) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(ymd).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second;
  return base::UnixNanos{seconds * 1'000'000'000 + nanos};
}

}  // namespace cordwood::ingest::loki
