// Dates: Loki's and sprig's functions, and the methods of time.Time and its relatives.
#include <array>
#include <optional>
#include <utility>

#include "core/labels.h"
#include "pipeline/gotemplate/functions.h"
#include "pipeline/text/go_number.h"

namespace cordwood::pipeline::gotemplate {
namespace {

using Arguments = std::span<const Value>;
using ValueOr = base::StatusOr<Value>;
using P = ParameterType;

const std::string& text(const Value& value) {
  return *value.as<std::string>();
}
const GoTime& time(const Value& value) {
  return *value.as<GoTime>();
}

ValueOr current_line(const CallContext& context, Arguments) {
  return Value(std::string(context.line));
}
ValueOr timestamp(const CallContext& context, Arguments) {
  return Value(GoTime::from_unix(context.timestamp));
}
ValueOr now(const CallContext& context, Arguments) {
  return Value(GoTime::from_unix(context.now));
}

ValueOr unix_epoch(const CallContext&, Arguments a) {
  return Value(std::to_string(time(a[0]).seconds));
}
ValueOr unix_epoch_millis(const CallContext&, Arguments a) {
  return Value(std::to_string(time(a[0]).seconds * 1000 + time(a[0]).nanos / 1000000));
}
ValueOr unix_epoch_nanos(const CallContext&, Arguments a) {
  return Value(std::to_string(time(a[0]).unix_nanos()));
}

// sprig's date: integers are seconds, what is neither a time nor a number is the present.
ValueOr date(const CallContext& context, Arguments a) {
  GoTime when = GoTime::from_unix(context.now);
  if (const auto* given = a[1].as<GoTime>()) {
    when = *given;
  } else if (const auto* seconds = a[1].as<Integer>(); seconds != nullptr && seconds->type <= IntType::kInt64) {
    when = GoTime::from_seconds(seconds->value);
  }
  return Value(when.in(TimeZone::utc()).format(text(a[0])));
}

Value parsed_date(const std::string& layout, const std::string& zone_name, const std::string& subject) {
  std::shared_ptr<const TimeZone> zone = TimeZone::load(zone_name);
  if (zone == nullptr) zone = TimeZone::utc();
  return parse_go_time(layout, subject, zone).value_or(GoTime{});
}
ValueOr to_date(const CallContext&, Arguments a) {
  return parsed_date(text(a[0]), "Local", text(a[1]));
}
ValueOr to_date_in_zone(const CallContext&, Arguments a) {
  return parsed_date(text(a[0]), text(a[1]), text(a[2]));
}

// The number of digits tells the unit.
ValueOr unix_to_time(const CallContext&, Arguments a) {
  const std::string& epoch = text(a[0]);
  const base::StatusOr<std::int64_t> value = parse_go_int(epoch, 10);
  if (!value.ok()) {
    return base::invalid_argument_error("unable to parse time '{}': {}", epoch, base::message_of(value.status()));
  }
  switch (epoch.size()) {
    case 5:
      return Value(GoTime::from_seconds(*value * 86400));
    case 10:
      return Value(GoTime::from_seconds(*value));
    case 13:
      return Value(GoTime::from_unix({*value * 1000000}));
    case 16:
      return Value(GoTime::from_unix({*value * 1000}));
    case 19:
      return Value(GoTime::from_unix({*value}));
    default:
      return base::invalid_argument_error("unable to parse time '{}': %!w(<nil>)", epoch);
  }
}

constexpr Function kFunctions[] = {
    {"__line__", current_line, 0, {}},
    {"__timestamp__", timestamp, 0, {}},
    {"now", now, 0, {}},
    {"unixEpoch", unix_epoch, 1, {P::kTime}},
    {"unixEpochMillis", unix_epoch_millis, 1, {P::kTime}},
    {"unixEpochNanos", unix_epoch_nanos, 1, {P::kTime}},
    {"date", date, 2, {P::kString, P::kAny}},
    {"toDate", to_date, 2, {P::kString, P::kString}},
    {"toDateInZone", to_date_in_zone, 3, {P::kString, P::kString, P::kString}},
    {"unixToTime", unix_to_time, 1, {P::kString}},
};

// --- methods of time.Time --------------------------------------------------------------------------------------------

ValueOr time_format(const CallContext&, Arguments a) {
  return Value(time(a[0]).format(text(a[1])));
}
ValueOr time_string(const CallContext&, Arguments a) {
  return Value(time(a[0]).to_string());
}
ValueOr time_unix(const CallContext&, Arguments a) {
  return make_int64(time(a[0]).seconds);
}
ValueOr time_unix_milli(const CallContext&, Arguments a) {
  return make_int64(time(a[0]).seconds * 1000 + time(a[0]).nanos / 1000000);
}
ValueOr time_unix_micro(const CallContext&, Arguments a) {
  return make_int64(time(a[0]).seconds * 1000000 + time(a[0]).nanos / 1000);
}
ValueOr time_unix_nano(const CallContext&, Arguments a) {
  return make_int64(time(a[0]).unix_nanos());
}
ValueOr time_utc(const CallContext&, Arguments a) {
  return Value(time(a[0]).in(TimeZone::utc()));
}
ValueOr time_year(const CallContext&, Arguments a) {
  return make_int(time(a[0]).civil().year);
}
ValueOr time_month(const CallContext&, Arguments a) {
  return Value(Integer{time(a[0]).civil().month, IntType::kMonth});
}
ValueOr time_day(const CallContext&, Arguments a) {
  return make_int(time(a[0]).civil().day);
}
ValueOr time_hour(const CallContext&, Arguments a) {
  return make_int(time(a[0]).civil().hour);
}
ValueOr time_minute(const CallContext&, Arguments a) {
  return make_int(time(a[0]).civil().minute);
}
ValueOr time_second(const CallContext&, Arguments a) {
  return make_int(time(a[0]).civil().second);
}
ValueOr time_nanosecond(const CallContext&, Arguments a) {
  return make_int(time(a[0]).nanos);
}
ValueOr time_weekday(const CallContext&, Arguments a) {
  return Value(Integer{time(a[0]).weekday(), IntType::kWeekday});
}
ValueOr time_year_day(const CallContext&, Arguments a) {
  return make_int(time(a[0]).year_day());
}
ValueOr time_is_zero(const CallContext&, Arguments a) {
  return Value(time(a[0]).is_zero());
}
std::pair<std::int64_t, std::int32_t> instant(const Value& value) {
  return {time(value).seconds, time(value).nanos};
}
ValueOr time_before(const CallContext&, Arguments a) {
  return Value(instant(a[0]) < instant(a[1]));
}
ValueOr time_after(const CallContext&, Arguments a) {
  return Value(instant(a[0]) > instant(a[1]));
}
ValueOr time_equal(const CallContext&, Arguments a) {
  return Value(instant(a[0]) == instant(a[1]));
}
ValueOr time_sub(const CallContext&, Arguments a) {
  const auto difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(time(a[0]).unix_nanos()) -
                                                    static_cast<std::uint64_t>(time(a[1]).unix_nanos()));
  return Value(Integer{difference, IntType::kDuration});
}
ValueOr time_add_date(const CallContext&, Arguments a) {
  constexpr std::int64_t kMost = 1000000;  // years, months or days: far beyond any log
  CivilTime civil = time(a[0]).civil();
  std::int64_t shift[3];
  for (std::size_t i = 0; i < 3; ++i) {
    shift[i] = a[i + 1].as<Integer>()->value;
    if (shift[i] > kMost || shift[i] < -kMost) return base::invalid_argument_error("date out of range");
  }
  const std::int64_t days = days_from_civil(civil.year + shift[0], civil.month + shift[1], civil.day + shift[2]);
  const std::int64_t local = days * 86400 + civil.hour * 3600 + civil.minute * 60 + civil.second;
  return Value(GoTime{time(a[0]).zone->to_unix(local), time(a[0]).nanos, time(a[0]).zone});
}

constexpr Function kTimeMethods[] = {
    {"Format", time_format, 2, {P::kTime, P::kString}},
    {"String", time_string, 1, {P::kTime}},
    {"Unix", time_unix, 1, {P::kTime}},
    {"UnixMilli", time_unix_milli, 1, {P::kTime}},
    {"UnixMicro", time_unix_micro, 1, {P::kTime}},
    {"UnixNano", time_unix_nano, 1, {P::kTime}},
    {"UTC", time_utc, 1, {P::kTime}},
    {"Local", time_utc, 1, {P::kTime}},
    {"Year", time_year, 1, {P::kTime}},
    {"Month", time_month, 1, {P::kTime}},
    {"Day", time_day, 1, {P::kTime}},
    {"Hour", time_hour, 1, {P::kTime}},
    {"Minute", time_minute, 1, {P::kTime}},
    {"Second", time_second, 1, {P::kTime}},
    {"Nanosecond", time_nanosecond, 1, {P::kTime}},
    {"Weekday", time_weekday, 1, {P::kTime}},
    {"YearDay", time_year_day, 1, {P::kTime}},
    {"IsZero", time_is_zero, 1, {P::kTime}},
    {"Before", time_before, 2, {P::kTime, P::kTime}},
    {"After", time_after, 2, {P::kTime, P::kTime}},
    {"Equal", time_equal, 2, {P::kTime, P::kTime}},
    {"Sub", time_sub, 2, {P::kTime, P::kTime}},
    {"AddDate", time_add_date, 4, {P::kTime, P::kInt, P::kInt, P::kInt}},
};

// --- time.Duration, time.Month, time.Weekday -------------------------------------------------------------------------

double nanos(const Value& value) {
  return static_cast<double>(value.as<Integer>()->value);
}
ValueOr named_string(const CallContext&, Arguments a) {
  return Value(printed(a[0]));
}
ValueOr duration_hours(const CallContext&, Arguments a) {
  return Value(nanos(a[0]) / 3.6e12);
}
ValueOr duration_minutes(const CallContext&, Arguments a) {
  return Value(nanos(a[0]) / 6e10);
}
ValueOr duration_seconds(const CallContext&, Arguments a) {
  return Value(nanos(a[0]) / 1e9);
}
ValueOr duration_millis(const CallContext&, Arguments a) {
  return make_int64(a[0].as<Integer>()->value / 1000000);
}
ValueOr duration_nanos(const CallContext&, Arguments a) {
  return make_int64(a[0].as<Integer>()->value);
}

constexpr Function kDurationMethods[] = {
    {"Hours", duration_hours, 1, {P::kAny}},       {"Minutes", duration_minutes, 1, {P::kAny}},
    {"Seconds", duration_seconds, 1, {P::kAny}},   {"Milliseconds", duration_millis, 1, {P::kAny}},
    {"Nanoseconds", duration_nanos, 1, {P::kAny}}, {"String", named_string, 1, {P::kAny}},
};
constexpr Function kNamedMethods[] = {{"String", named_string, 1, {P::kAny}}};

const Function* find_in(std::span<const Function> functions, std::string_view name) {
  for (const Function& function : functions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace

std::span<const Function> time_functions() {
  return kFunctions;
}

const Function* find_method(const Value& receiver, std::string_view name) {
  if (receiver.as<GoTime>() != nullptr) return find_in(kTimeMethods, name);
  const auto* integer = receiver.as<Integer>();
  if (integer == nullptr) return nullptr;
  if (integer->type == IntType::kDuration) return find_in(kDurationMethods, name);
  if (integer->type == IntType::kMonth || integer->type == IntType::kWeekday) return find_in(kNamedMethods, name);
  return nullptr;
}

}  // namespace cordwood::pipeline::gotemplate
