#include <fmt/format.h>

#include <ctime>
#include <utility>

#include "api/loki_response.h"

namespace cordwood::api {

std::string rfc3339_nano(base::UnixNanos time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t nanos = ((time.value % kSecond) + kSecond) % kSecond;
  const std::time_t seconds = (time.value - nanos) / kSecond;
  std::tm civil{};
  gmtime_r(&seconds, &civil);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", civil.tm_year + 1900, civil.tm_mon + 1,
                                civil.tm_mday, civil.tm_hour, civil.tm_min, civil.tm_sec);
  if (nanos != 0) {
    std::string fraction = fmt::format(".{:09}", nanos);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += fraction;
  }
  return out + "Z";
}

void write_legacy_streams(base::JsonWriter& json, const core::LogResult& streams) {
  json.begin_array();
  for (const core::LogStream& stream : streams) {
    json.begin_object().key("labels").string(stream.labels.to_text()).key("entries").begin_array();
    for (const core::LogEntry& entry : stream.entries) {
      json.begin_object().key("ts").string(rfc3339_nano(entry.time)).key("line").string(entry.line).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

namespace {

void write_dropped(base::JsonWriter& json, const std::vector<core::DroppedRow>& dropped, bool legacy) {
  json.begin_array();
  for (const core::DroppedRow& row : dropped) {
    json.begin_object().key("timestamp");
    json.string(legacy ? rfc3339_nano(row.time) : fmt::format_int(row.time.value).str()).key("labels");
    if (legacy) {
      json.string(row.labels->to_text());
    } else {
      json.begin_object();
      for (const core::Label& label : row.labels->all()) json.key(label.name).string(label.value);
      json.end_object();
    }
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string tail_json(core::LogResult streams, const std::vector<core::DroppedRow>& dropped, const TailForm& form) {
  const bool categorize = form.categorize_labels && !form.legacy;
  if (!categorize) streams = merge_labels(std::move(streams));
  std::string out;
  base::JsonWriter json(out);
  json.begin_object().key("streams");
  if (form.legacy) {
    write_legacy_streams(json, streams);
  } else {
    write_streams(json, streams, categorize);
  }
  if (!dropped.empty()) {
    json.key("dropped_entries");
    write_dropped(json, dropped, form.legacy);
  }
  if (categorize) json.key("encodingFlags").begin_array().string("categorize-labels").end_array();
  json.end_object();
  return out;
}

}  // namespace cordwood::api
