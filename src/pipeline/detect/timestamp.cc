#include "pipeline/detect/timestamp.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "pipeline/detect/timestamp_scan.h"
#include "pipeline/parse/json_scan.h"

namespace cordwood::pipeline {
namespace {

using base::UnixNanos;

// Fields of JSON objects and logfmt lines that hold the time of the event.
constexpr std::array<std::string_view, 17> kTimeFields = {
    "ts", "time",      "timestamp", "@timestamp", "t",         "_time",        "date",       "datetime",  "eventTime",
    "at", "Timestamp", "Time",      "log_time",   "EventTime", "time_iso8601", "start_time", "created_at"};
// JSON members looked at before giving up: events are wide, and time fields rarely stand behind this many.
constexpr int kMembersMax = 200;

bool is_time_field(std::string_view name) {
  return std::find(kTimeFields.begin(), kTimeFields.end(), name) != kTimeFields.end();
}

bool is_believable(UnixNanos time) {
  constexpr std::int64_t kFirst = 31536000LL * 1000000000;   // 1971
  constexpr std::int64_t kLast = 7258118400LL * 1000000000;  // 2200
  return time.value >= kFirst && time.value < kLast;
}

std::optional<UnixNanos> from_text(std::string_view text, const TimestampContext& context) {
  TimestampScanner scanner(text, context);
  if (auto time = scanner.date_time_at(0)) return time;
  return scanner.epoch_at(0);
}

std::optional<UnixNanos> from_json_value(const JsonValue& value, const TimestampContext& context) {
  switch (value.type) {
    case JsonType::kString:
      return from_text(value.text, context);
    case JsonType::kNumber:
      return TimestampScanner(value.text, context).epoch_at(0);
    case JsonType::kObject: {  // MongoDB's {"$date": "..."}
      JsonObjectScanner inner(value.text);
      std::string_view key;
      JsonValue date;
      if (!inner.next(key, date) || key != "$date" || date.type == JsonType::kObject) return std::nullopt;
      return from_json_value(date, context);
    }
    default:
      return std::nullopt;
  }
}

std::optional<UnixNanos> from_json(std::string_view line, const TimestampContext& context) {
  JsonObjectScanner members(line);
  std::string_view key;
  JsonValue value;
  for (int n = 0; n < kMembersMax && members.next(key, value); ++n) {
    if (!is_time_field(key)) continue;
    if (const auto time = from_json_value(value, context); time.has_value() && is_believable(*time)) return time;
  }
  return std::nullopt;
}

// key=value, key="value" anywhere in the searched part.
std::optional<UnixNanos> from_logfmt(std::string_view line, const TimestampContext& context) {
  const std::string_view head = line.substr(0, kTimestampSearchBytes);
  for (std::size_t equals = head.find('='); equals != std::string_view::npos; equals = head.find('=', equals + 1)) {
    std::size_t begin = equals;
    while (begin > 0 && static_cast<unsigned char>(head[begin - 1]) > ' ') --begin;
    if (!is_time_field(head.substr(begin, equals - begin))) continue;
    std::string_view value = line.substr(equals + 1);
    if (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
    if (const auto time = from_text(value, context); time.has_value() && is_believable(*time)) return time;
  }
  return std::nullopt;
}

std::optional<UnixNanos> at_front(std::string_view line, const TimestampContext& context) {
  TimestampScanner scanner(line, context);
  std::size_t begin = 0;
  // A byte order mark, syslog's priority (and RFC 5424's version), an opening bracket or quote.
  if (line.starts_with("\xEF\xBB\xBF")) begin = 3;
  begin = scanner.behind_priority(begin);
  while (begin < line.size() && begin < 8 && std::string_view(" \t[(\"'").find(line[begin]) != std::string_view::npos)
    ++begin;
  if (auto time = scanner.date_time_at(begin)) return time;
  return scanner.epoch_at(begin);
}

std::optional<UnixNanos> anywhere(std::string_view line, const TimestampContext& context) {
  TimestampScanner scanner(line, context);
  const std::size_t end = std::min(line.size(), kTimestampSearchBytes);
  char previous = ' ';
  for (std::size_t i = 0; i < end; ++i) {
    const char c = line[i];
    // Dates begin with a digit that is not inside of a longer number, word or date; names of months and days are only
    // looked for in front.
    const bool begins = std::isalnum(static_cast<unsigned char>(previous)) == 0 &&
                        std::string_view("-/.:_").find(previous) == std::string_view::npos;
    if (c >= '0' && c <= '9' && begins) {
      if (auto time = scanner.numeric_date_at(i)) return time;
    }
    previous = c;
  }
  return std::nullopt;
}

}  // namespace

std::optional<UnixNanos> detect_timestamp(std::string_view line, const TimestampContext& context) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  if (line[begin] == '{') return from_json(line, context);
  const auto believable = [](std::optional<UnixNanos> time) { return time.has_value() && is_believable(*time); };
  if (auto time = at_front(line, context); believable(time)) return time;
  if (auto time = from_logfmt(line, context); time.has_value()) return time;
  if (auto time = anywhere(line, context); believable(time)) return time;
  return std::nullopt;
}

}  // namespace cordwood::pipeline
