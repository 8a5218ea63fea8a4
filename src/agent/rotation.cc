#include "agent/rotation.h"

#include <algorithm>
#include <charconv>

namespace cordwood::agent {

namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::uint64_t to_number(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

bool strip_compression(std::string_view& name) {
  for (const std::string_view suffix : {".gz", ".zst", ".xz", ".bz2"}) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) {
      name.remove_suffix(suffix.size());
      return true;
    }
  }
  return false;
}

bool plausible_date(std::string_view digits) {
  const std::uint64_t year = to_number(digits.substr(0, 4));
  const std::uint64_t month = to_number(digits.substr(4, 2));
  const std::uint64_t day = to_number(digits.substr(6, 2));
  return year >= 1990 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

// A date at the end of `name`, as one number; 0 when there is none. `name` loses it together with its separator.
std::uint64_t strip_date(std::string_view& name) {
  // dateformat -%Y%m%d-%s, or a counter behind the date.
  std::string_view rest = name;
  std::uint64_t tail = 0;
  if (const std::size_t dash = rest.find_last_of("-."); dash != std::string_view::npos && dash > 0) {
    const std::string_view last = rest.substr(dash + 1);
    if (all_digits(last) && (last.size() == 10 || last.size() <= 2)) {
      std::string_view before = rest.substr(0, dash);
      if (before.size() > 8 && all_digits(before.substr(before.size() - 8)) &&
          plausible_date(before.substr(before.size() - 8))) {
        tail = to_number(last);
        rest = before;
      }
    }
  }
  std::string digits;
  std::size_t length = 0;
  const auto ends_with_digits = [&](std::size_t n) {
    return rest.size() > n && all_digits(rest.substr(rest.size() - n));
  };
  if (ends_with_digits(10) && plausible_date(rest.substr(rest.size() - 10))) {
    length = 10;
    digits = rest.substr(rest.size() - 10);
  } else if (ends_with_digits(8) && plausible_date(rest.substr(rest.size() - 8))) {
    length = 8;
    digits = std::string(rest.substr(rest.size() - 8)) + "00";
  } else if (rest.size() > 10) {
    const std::string_view date = rest.substr(rest.size() - 10);
    if (date[4] == '-' && date[7] == '-') {
      digits = std::string(date.substr(0, 4)) + std::string(date.substr(5, 2)) + std::string(date.substr(8, 2));
      if (!all_digits(digits) || !plausible_date(digits)) return 0;
      digits += "00";
      length = 10;
    }
  }
  if (length == 0 || rest.size() <= length + 1) return 0;
  const char separator = rest[rest.size() - length - 1];
  if (separator != '-' && separator != '.' && separator != '_') return 0;
  name = rest.substr(0, rest.size() - length - 1);
  // YYYYMMDDHH less the year 1990, then ten digits for what stands behind the date.
  return (to_number(digits) - 1'990'000'000ULL) * 10'000'000'000ULL + tail;
}

}  // namespace

RotatedName parse_rotated_name(std::string_view name) {
  RotatedName result;
  const std::size_t slash = name.rfind('/');
  const std::string_view directory = slash == std::string_view::npos ? "" : name.substr(0, slash + 1);
  std::string_view base = name.substr(directory.size());
  result.compressed = strip_compression(base);
  result.uncompressed = std::string(directory) + std::string(base);
  const auto done = [&](std::string_view live) {
    result.live = std::string(directory) + std::string(live);
    result.rotated = live != base;
    return result;
  };
  // The extension directive of logrotate puts the date before it.
  if (base.ends_with(".log")) {
    std::string_view stem = base.substr(0, base.size() - 4);
    result.date = strip_date(stem);
    return result.date == 0 ? done(base) : done(std::string(stem) + ".log");
  }
  if (base.size() > 4 && base.ends_with(".old")) {
    result.number = 1;
    return done(base.substr(0, base.size() - 4));
  }
  std::string_view stem = base;
  result.date = strip_date(stem);
  if (result.date != 0) return done(stem);
  if (const std::size_t dot = base.rfind('.'); dot != std::string_view::npos && dot > 0) {
    const std::string_view digits = base.substr(dot + 1);
    if (all_digits(digits) && digits.size() <= 4) {
      result.number = to_number(digits) + 1;  // .0 is rotated too, in the old style of savelog
      return done(base.substr(0, dot));
    }
  }
  return done(base);
}

std::string job_of(std::string_view live_path) {
  std::string_view base = live_path.substr(live_path.rfind('/') + 1);
  const std::size_t dot = base.rfind('.');
  if (dot != std::string_view::npos && dot > 0) base = base.substr(0, dot);
  return std::string(base);
}

}  // namespace cordwood::agent
