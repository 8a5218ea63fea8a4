#include "client/series.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace cordwood::client {
namespace {

namespace dom = simdjson::dom;

io::HttpParams range_of(std::optional<base::UnixNanos> from, std::optional<base::UnixNanos> to) {
  // Loki's own default is the last hour; the command line's is everything.
  io::HttpParams parameters = {{"start", std::to_string(from.has_value() ? from->value : 0)}};
  if (to.has_value()) parameters.emplace_back("end", std::to_string(to->value));
  return parameters;
}

core::Labels labels_of(dom::object object) {
  std::vector<core::Label> labels;
  for (const auto& [name, value] : object) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) labels.push_back({std::string(name), std::string(text)});
  }
  return core::Labels(std::move(labels));
}

base::Status not_an_answer(std::string_view path) {
  return base::unavailable_error("the server's answer to {} is not one of this protocol; is it Cordwood or Loki?",
                                 path);
}

std::pair<base::UnixNanos, std::string> sample_of(dom::array pair) {
  double seconds = 0;
  std::string_view value;
  std::size_t index = 0;
  for (dom::element element : pair) {
    if (index == 0) {
      if (element.get(seconds) != simdjson::SUCCESS) seconds = 0;
    } else if (element.get(value) != simdjson::SUCCESS) {
      value = {};
    }
    ++index;
  }
  return {base::UnixNanos{static_cast<std::int64_t>(seconds * 1e3) * 1'000'000}, std::string(value)};
}

MetricSeries series_of(dom::object entry) {
  MetricSeries series;
  dom::object metric;
  if (entry["metric"].get(metric) == simdjson::SUCCESS) series.labels = labels_of(metric);
  dom::array pair;
  if (entry["value"].get(pair) == simdjson::SUCCESS) series.samples.push_back(sample_of(pair));
  dom::array pairs;
  if (entry["values"].get(pairs) == simdjson::SUCCESS) {
    for (dom::element element : pairs) {
      if (element.get(pair) == simdjson::SUCCESS) series.samples.push_back(sample_of(pair));
    }
  }
  return series;
}

}  // namespace

base::StatusOr<std::vector<core::Labels>> list_series(Connection& connection, std::string_view selector,
                                                      std::optional<base::UnixNanos> from,
                                                      std::optional<base::UnixNanos> to) {
  constexpr std::string_view kPath = "/loki/api/v1/series";
  io::HttpParams parameters = range_of(from, to);
  if (!selector.empty()) parameters.emplace_back("match[]", std::string(selector));
  ASSIGN_OR_RETURN(const std::string body, connection.get(kPath, parameters));
  dom::parser parser;
  dom::element answer;
  std::vector<core::Labels> series;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS) return not_an_answer(kPath);
  dom::array data;
  if (answer["data"].get(data) != simdjson::SUCCESS) return series;
  for (dom::element element : data) {
    dom::object object;
    if (element.get(object) == simdjson::SUCCESS) series.push_back(labels_of(object));
  }
  return series;
}

base::StatusOr<std::vector<std::string>> list_strings(Connection& connection, std::string_view path,
                                                      const io::HttpParams& parameters) {
  ASSIGN_OR_RETURN(const std::string body, connection.get(path, parameters));
  dom::parser parser;
  dom::element answer;
  std::vector<std::string> strings;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS) return not_an_answer(path);
  dom::array data;
  if (answer["data"].get(data) != simdjson::SUCCESS) return strings;
  for (dom::element element : data) {
    std::string_view text;
    if (element.get(text) == simdjson::SUCCESS) strings.emplace_back(text);
  }
  return strings;
}

base::StatusOr<MetricAnswer> run_metric_query(Connection& connection, std::string_view query,
                                              std::optional<base::UnixNanos> from, base::UnixNanos to,
                                              std::optional<base::nanoseconds> step) {
  const std::string_view path = step.has_value() ? "/loki/api/v1/query_range" : "/loki/api/v1/query";
  io::HttpParams parameters = {{"query", std::string(query)}};
  if (step.has_value()) {
    parameters.emplace_back("start", std::to_string(from.value_or(base::UnixNanos{0}).value));
    parameters.emplace_back("end", std::to_string(to.value));
    parameters.emplace_back("step", fmt::format("{}ms", step->count() / 1'000'000));
  } else {
    parameters.emplace_back("time", std::to_string(to.value));
  }
  ASSIGN_OR_RETURN(const std::string body, connection.get(path, parameters));
  dom::parser parser;
  dom::element answer;
  dom::array result;
  MetricAnswer all;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS) return not_an_answer(path);
  dom::element coverage;
  if (answer["data"]["coverage"].get(coverage) == simdjson::SUCCESS) {
    ASSIGN_OR_RETURN(all.coverage, parse_coverage(simdjson::minify(coverage)));
  }
  std::string_view type;
  if (answer["data"]["resultType"].get(type) == simdjson::SUCCESS && type == "scalar") {
    dom::array pair;
    if (answer["data"]["result"].get(pair) != simdjson::SUCCESS) return not_an_answer(path);
    all.series.push_back({core::Labels(), {sample_of(pair)}});
    return all;
  }
  if (answer["data"]["result"].get(result) != simdjson::SUCCESS) return not_an_answer(path);
  for (dom::element element : result) {
    dom::object entry;
    if (element.get(entry) == simdjson::SUCCESS) all.series.push_back(series_of(entry));
  }
  return all;
}

}  // namespace cordwood::client
