// The conformance rows of Loki's HTTP surface: kinds http_params, time_bounds, parse_timestamp, default_step and
// response_json.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "api/loki_explore_json.h"
#include "api/loki_params.h"
#include "api/loki_response.h"
#include "logql/case_reader.h"

namespace cordwood::logql_cases {
namespace {

using api::TimeBounds;
using core::UnixNanos;

constexpr UnixNanos kNow{1'767'225'600'000'000'000};
constexpr std::uint32_t kPointsMax = 11000;

std::string outcome(const base::Status& status) {
  return status.ok() ? std::string("no error") : std::string(base::message_of(status));
}

// "GET /path?query" as in a request line.
io::HttpParams params_of(std::string_view request_line) {
  const std::size_t question = request_line.find('?');
  if (question == std::string_view::npos) return {};
  return io::parse_form(request_line.substr(question + 1));
}

std::int64_t field(Json json, std::string_view name) {
  std::int64_t value = 0;
  if (json[name].get(value) != simdjson::SUCCESS) return 0;
  return value;
}

std::string check_http_params(const Row& row) {
  const Json want = row.at("want");
  const auto got = api::parse_range_params(params_of(row.text("request")), kNow, kPointsMax);
  bool wants_error = false;
  if (want["error"].get(wants_error) == simdjson::SUCCESS && wants_error) {
    return got.ok() ? "want an error" : std::string();
  }
  if (!got.ok()) return "got error " + outcome(got.status());
  const std::vector<std::pair<std::string_view, std::string>> fields = {
      {"start_ns", std::to_string(got->bounds.start.value)},
      {"end_ns", std::to_string(got->bounds.end.value)},
      {"step_ns", std::to_string(got->step.count())},
      {"interval_ns", std::to_string(got->interval.count())},
      {"limit", std::to_string(got->limit)},
      {"direction", got->direction == core::Direction::kForward ? "forward" : "backward"},
      {"query", got->query},
  };
  for (const auto& [name, value] : fields) {
    Json expected;
    if (want[name].get(expected) != simdjson::SUCCESS) continue;
    std::string_view text;
    const std::string wanted = expected.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(expected);
    if (wanted != value) return fmt::format("{}: want {} got {}", name, wanted, value);
  }
  return {};
}

std::string check_time_bounds(const Row& row) {
  const io::HttpParams params = {{"start", std::string(row.text("start"))},
                                 {"end", std::string(row.text("end"))},
                                 {"since", std::string(row.text("since"))}};
  const auto got = api::parse_bounds(params, UnixNanos{row.integer("now_ns")});
  if (row.has("error_contains")) {
    const bool contains = outcome(got.status()).find(row.text("error_contains")) != std::string::npos;
    return contains ? std::string()
                    : fmt::format("want an error with {} got {}", row.text("error_contains"), outcome(got.status()));
  }
  if (!got.ok()) return "got error " + outcome(got.status());
  const Json want = row.at("want");
  return compare(fmt::format("{} {}", field(want, "start_ns"), field(want, "end_ns")),
                 fmt::format("{} {}", got->start.value, got->end.value));
}

std::string check_timestamp(const Row& row) {
  const auto got = api::parse_timestamp(row.text("value"), kNow);
  if (row.has("ns")) {
    return compare(std::to_string(row.integer("ns")), got.ok() ? std::to_string(got->value) : outcome(got.status()));
  }
  const bool wants_default = row.has("want") && row.text("want") == "default";
  if (wants_default) return got.ok() && *got == kNow ? std::string() : "want the default";
  return got.ok() ? "want an error" : std::string();
}

std::string check_default_step(const Row& row) {
  const TimeBounds bounds{{row.integer("start_ns")}, {row.integer("end_ns")}};
  return compare(std::to_string(row.integer("step_s")),
                 std::to_string(api::default_step(bounds).count() / 1'000'000'000));
}

// --- response_json ---------------------------------------------------------------------------------------------------

std::vector<core::Label> labels_of(Json object) {
  std::vector<core::Label> labels;
  for (const auto [name, value] : simdjson::dom::object(object)) {
    labels.push_back({std::string(name), std::string(std::string_view(value))});
  }
  return labels;
}

core::Sample sample_of(Json time_ms, Json value) {
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) number = std::stod(std::string(text));
  }
  return {{std::int64_t(time_ms) * 1'000'000}, number};
}

core::LogResult streams_of(Json input) {
  core::LogResult streams;
  for (const Json stream : simdjson::dom::array(input["streams"])) {
    core::LogStream out{.labels = core::Labels(labels_of(stream["labels"])), .entries = {}};
    for (const Json entry : simdjson::dom::array(stream["entries"])) {
      const simdjson::dom::array parts(entry);
      core::LogEntry made{.time = {std::int64_t(parts.at(0))},
                          .line = std::string(std::string_view(parts.at(1))),
                          .structured_metadata = {},
                          .parsed = {}};
      if (parts.size() > 2) made.structured_metadata = labels_of(parts.at(2));
      if (parts.size() > 3) made.parsed = labels_of(parts.at(3));
      out.entries.push_back(std::move(made));
    }
    streams.push_back(std::move(out));
  }
  return streams;
}

core::QueryResult result_of(Json input) {
  core::QueryResult result;
  const std::string_view type = input["type"];
  if (type == "streams") {
    result.data = streams_of(input);
  } else if (type == "vector") {
    core::VectorResult vector;
    for (const Json sample : simdjson::dom::array(input["samples"])) {
      vector.series.push_back({.labels = core::Labels(labels_of(sample["labels"])),
                               .samples = {sample_of(sample["ts_ms"], sample["value"])}});
    }
    result.data = std::move(vector);
  } else if (type == "matrix") {
    core::MatrixResult matrix;
    for (const Json series : simdjson::dom::array(input["series"])) {
      core::Series out{.labels = core::Labels(labels_of(series["labels"])), .samples = {}};
      for (const Json point : simdjson::dom::array(series["points"])) {
        const simdjson::dom::array pair(point);
        out.samples.push_back(sample_of(pair.at(0), pair.at(1)));
      }
      matrix.series.push_back(std::move(out));
    }
    result.data = std::move(matrix);
  } else {
    result.data = core::ScalarResult{sample_of(input["ts_ms"], input["value"])};
  }
  return result;
}

std::string compare_text(Json want, const std::string& got) {
  simdjson::dom::parser parser;
  Json parsed;
  if (parser.parse(got).get(parsed) != simdjson::SUCCESS) return "not JSON: " + got;
  return compare_json(want, parsed);
}

std::string check_tail(const Row& row, Json input) {
  io::HttpRequest request;
  if (row.has("request_headers")) {
    for (const auto [name, value] : simdjson::dom::object(row.at("request_headers"))) {
      request.headers.set(name, std::string_view(value));
    }
  }
  std::vector<core::DroppedRow> dropped;
  for (const Json entry : simdjson::dom::array(input["dropped"])) {
    dropped.push_back(
        {{std::int64_t(entry["ts_ns"])}, std::make_shared<const core::Labels>(labels_of(entry["labels"]))});
  }
  const api::TailForm form{.categorize_labels = api::response_options_of(request).categorize_labels, .legacy = false};
  return compare_text(row.at("body"), api::tail_json(streams_of(input), dropped, form));
}

std::string check_patterns(const Row& row, Json input) {
  core::LogPatterns patterns;
  for (const Json series : simdjson::dom::array(input["series"])) {
    core::LogPattern pattern;
    pattern.pattern = std::string_view(series["pattern"]);
    pattern.level = std::string_view(series["level"]);
    for (const Json sample : simdjson::dom::array(series["samples_unix_s"])) {
      const simdjson::dom::array pair(sample);
      pattern.samples.emplace_back(core::UnixNanos{std::int64_t(pair.at(0)) * 1'000'000'000},
                                   std::uint64_t(pair.at(1)));
    }
    patterns.push_back(std::move(pattern));
  }
  return compare_text(row.at("body"), api::patterns_json(patterns));
}

std::string check_response(const Row& row) {
  const std::string_view endpoint = row.text("endpoint");
  const Json input = row.at("input");
  if (endpoint == "query" || endpoint == "query_range") {
    io::HttpRequest request;
    if (row.has("request_headers")) {
      for (const auto [name, value] : simdjson::dom::object(row.at("request_headers"))) {
        request.headers.set(name, std::string_view(value));
      }
    }
    const api::ResponseOptions options = api::response_options_of(request);
    if (row.has("body")) return compare_text(row.at("body"), api::query_response_json(result_of(input), options));
    return compare_text(row.at("data"), api::query_data_json(result_of(input), options));
  }
  if (endpoint == "labels") {
    std::vector<std::string> values;
    for (const Json value : simdjson::dom::array(input["values"])) values.emplace_back(std::string_view(value));
    return compare_text(row.at("body"), api::labels_response_json(values));
  }
  if (endpoint == "series") {
    std::vector<core::Labels> series;
    for (const Json labels : simdjson::dom::array(input["series"])) series.emplace_back(labels_of(labels));
    return compare_text(row.at("body"), api::series_response_json(series));
  }
  if (endpoint == "tail") return check_tail(row, input);
  if (endpoint == "patterns") return check_patterns(row, input);
  return fmt::format("endpoint {} is not built yet", endpoint);
}

}  // namespace

int run(int argc, char** argv) {
  CaseSuite suite;
  suite.add("http_params", check_http_params);
  suite.add("time_bounds", check_time_bounds);
  suite.add("parse_timestamp", check_timestamp);
  suite.add("default_step", check_default_step);
  suite.add("response_json", check_response);
  return suite.run(argc, argv);
}

}  // namespace cordwood::logql_cases

int main(int argc, char** argv) {
  return cordwood::logql_cases::run(argc, argv);
}
