#include "api/loki_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "api/loki_stats_json.h"
#include "base/json_writer.h"
#include "logql/units.h"

namespace cordwood::api {
namespace {

using base::JsonWriter;

constexpr std::string_view kCategorizeFlag = "categorize-labels";

void write_labels(JsonWriter& json, std::span<const core::Label> labels) {
  json.begin_object();
  for (const core::Label& label : labels) json.key(label.name).string(label.value);
  json.end_object();
}

void write_entry(JsonWriter& json, const core::LogEntry& entry, bool categorize) {
  json.begin_array().string(fmt::format_int(entry.time.value).c_str()).string(entry.line);
  if (categorize) {
    json.begin_object();
    if (!entry.structured_metadata.empty()) {
      json.key("structuredMetadata");
      write_labels(json, entry.structured_metadata);
    }
    if (!entry.parsed.empty()) {
      json.key("parsed");
      write_labels(json, entry.parsed);
    }
    json.end_object();
  }
  json.end_array();
}

// [1568404331.324, "3.45"]: seconds to the millisecond, and the value in fixed point.
void write_sample(JsonWriter& json, const core::Sample& sample) {
  const std::int64_t millis = sample.time.value / 1'000'000 - (sample.time.value % 1'000'000 < 0 ? 1 : 0);
  json.begin_array();
  json.raw(logql::format_float_plain(static_cast<double>(millis) / 1000));
  json.string(logql::format_float_plain(sample.value));
  json.end_array();
}

void write_series(JsonWriter& json, const std::vector<core::Series>& all, bool one_sample) {
  json.begin_array();
  for (const core::Series& series : all) {
    json.begin_object().key("metric");
    write_labels(json, series.labels.all());
    json.key(one_sample ? "value" : "values");
    if (one_sample) {
      write_sample(json, series.samples.empty() ? core::Sample{} : series.samples.front());
    } else {
      json.begin_array();
      for (const core::Sample& sample : series.samples) write_sample(json, sample);
      json.end_array();
    }
    json.end_object();
  }
  json.end_array();
}

std::string_view type_of(const core::QueryResult& result) {
  if (std::holds_alternative<core::LogResult>(result.data)) return "streams";
  if (std::holds_alternative<core::MatrixResult>(result.data)) return "matrix";
  if (std::holds_alternative<core::VectorResult>(result.data)) return "vector";
  return "scalar";
}

// The members of "data" without its braces.
void write_data(JsonWriter& json, const core::QueryResult& result, bool categorize) {
  json.key("resultType").string(type_of(result));
  const bool is_log = std::holds_alternative<core::LogResult>(result.data);
  if (is_log && categorize) json.key("encodingFlags").begin_array().string(kCategorizeFlag).end_array();
  json.key("result");
  if (is_log) {
    write_streams(json, std::get<core::LogResult>(result.data), categorize);
  } else if (const auto* matrix = std::get_if<core::MatrixResult>(&result.data)) {
    write_series(json, matrix->series, false);
  } else if (const auto* vector = std::get_if<core::VectorResult>(&result.data)) {
    write_series(json, vector->series, true);
  } else {
    write_sample(json, std::get<core::ScalarResult>(result.data).sample);
  }
}

void prepare(core::QueryResult& result, const ResponseOptions& options) {
  if (auto* streams = std::get_if<core::LogResult>(&result.data); streams != nullptr && !options.categorize_labels) {
    *streams = merge_labels(std::move(*streams));
  }
}

std::uint64_t entries_of(const core::QueryResult& result) {
  std::uint64_t entries = 0;
  if (const auto* streams = std::get_if<core::LogResult>(&result.data)) {
    for (const core::LogStream& stream : *streams) entries += stream.entries.size();
  }
  return entries;
}

}  // namespace

void write_streams(JsonWriter& json, const core::LogResult& streams, bool categorize) {
  json.begin_array();
  for (const core::LogStream& stream : streams) {
    json.begin_object().key("stream");
    write_labels(json, stream.labels.all());
    json.key("values").begin_array();
    for (const core::LogEntry& entry : stream.entries) write_entry(json, entry, categorize);
    json.end_array().end_object();
  }
  json.end_array();
}

ResponseOptions response_options_of(const io::HttpRequest& request) {
  std::string_view flags = request.headers.get("X-Loki-Response-Encoding-Flags");
  ResponseOptions options;
  while (!flags.empty()) {
    const std::size_t comma = flags.find(',');
    std::string_view flag = flags.substr(0, comma);
    flag.remove_prefix(std::min(flag.find_first_not_of(' '), flag.size()));
    flag = flag.substr(0, flag.find(' '));
    if (flag == kCategorizeFlag) options.categorize_labels = true;
    flags.remove_prefix(comma == std::string_view::npos ? flags.size() : comma + 1);
  }
  return options;
}

core::LogResult merge_labels(core::LogResult streams) {
  std::map<core::Labels, core::LogStream> merged;
  for (core::LogStream& stream : streams) {
    // Neighbours mostly have the same labels; looking them up once is enough.
    core::LogStream* target = nullptr;
    const core::LogEntry* previous = nullptr;
    std::vector<core::LogEntry>* previous_home = nullptr;
    for (core::LogEntry& entry : stream.entries) {
      const bool same = previous_home != nullptr && previous->structured_metadata == entry.structured_metadata &&
                        previous->parsed == entry.parsed;
      if (!same) {
        std::vector<core::Label> labels(stream.labels.all().begin(), stream.labels.all().end());
        labels.insert(labels.end(), entry.structured_metadata.begin(), entry.structured_metadata.end());
        labels.insert(labels.end(), entry.parsed.begin(), entry.parsed.end());
        core::Labels key(std::move(labels));
        target = &merged[key];
        if (target->entries.empty()) target->labels = std::move(key);
      }
      previous_home = &target->entries;
      previous_home->push_back(std::move(entry));
      previous = &previous_home->back();
    }
  }
  core::LogResult out;
  out.reserve(merged.size());
  for (auto& [labels, stream] : merged) {
    for (core::LogEntry& entry : stream.entries) {
      entry.structured_metadata.clear();
      entry.parsed.clear();
    }
    out.push_back(std::move(stream));
  }
  return out;
}

std::string query_data_json(core::QueryResult result, const ResponseOptions& options) {
  prepare(result, options);
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_data(json, result, options.categorize_labels);
  json.end_object();
  return out;
}

std::string query_response_json(core::QueryResult result, const ResponseOptions& options, std::string_view coverage) {
  prepare(result, options);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("status").string("success");
  std::vector<std::string> warnings = std::move(result.warnings);
  for (const std::string& part : result.stats.unreadable) {
    warnings.push_back("the result is not complete: " + part);
  }
  if (!warnings.empty()) {
    json.key("warnings").begin_array();
    for (const std::string& warning : warnings) json.string(warning);
    json.end_array();
  }
  json.key("data").begin_object();
  write_data(json, result, options.categorize_labels);
  if (result.partial) json.key("partial").boolean(true);
  json.key("stats");
  write_stats(json, result.stats, entries_of(result));
  if (!coverage.empty()) json.key("coverage").raw(coverage);
  json.end_object().end_object();
  out += '\n';
  return out;
}

std::string labels_response_json(const std::vector<std::string>& values) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("status").string("success");
  if (!values.empty()) {
    json.key("data").begin_array();
    for (const std::string& value : values) json.string(value);
    json.end_array();
  }
  json.end_object();
  out += '\n';
  return out;
}

std::string series_response_json(const std::vector<core::Labels>& series) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("status").string("success").key("data").begin_array();
  for (const core::Labels& labels : series) write_labels(json, labels.all());
  json.end_array().end_object();
  out += '\n';
  return out;
}

std::string index_stats_json(const core::IndexStats& stats) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("streams").number(stats.streams).key("chunks").number(stats.chunks);
  json.key("bytes").number(stats.bytes).key("entries").number(stats.entries).end_object();
  out += '\n';
  return out;
}

std::string status_error_json(std::string_view status, std::string_view error) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("status").string(status).key("error").string(error).end_object();
  return out;
}

}  // namespace cordwood::api
