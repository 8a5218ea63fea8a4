#include "store/flush/days.h"

#include <fmt/format.h>

namespace cordwood::store {

namespace {
constexpr std::int64_t kDayNanos = std::int64_t{86'400} * 1'000'000'000;
}

std::int32_t day_of(core::UnixNanos time) {
  const std::int64_t down = time.value % kDayNanos < 0 ? 1 : 0;
  return static_cast<std::int32_t>(time.value / kDayNanos - down);
}

core::UnixNanos end_of_day(std::int32_t day) {
  std::int64_t nanos = 0;
  if (__builtin_mul_overflow(std::int64_t{day} + 1, kDayNanos, &nanos)) return core::UnixNanos::max();
  return {nanos};
}

std::string day_name(std::int32_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace cordwood::store
