#include "client/explore.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "core/labels.h"

namespace cordwood::client {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kStatsPath = "/loki/api/v1/index/stats";
constexpr std::string_view kVolumePath = "/loki/api/v1/index/volume";
constexpr std::string_view kPatternsPath = "/loki/api/v1/patterns";
constexpr std::string_view kFieldsPath = "/loki/api/v1/detected_fields";

base::Status not_an_answer(std::string_view path) {
  return base::unavailable_error("the server's answer to {} is not one of this protocol; is it Cordwood or Loki?",
                                 path);
}

io::HttpParams parameters_of(const ExploreOptions& options) {
  io::HttpParams parameters = {{"start", std::to_string(options.from.has_value() ? options.from->value : 0)}};
  if (options.to.has_value()) parameters.emplace_back("end", std::to_string(options.to->value));
  if (!options.selector.empty()) parameters.emplace_back("query", options.selector);
  if (options.limit > 0) parameters.emplace_back("limit", std::to_string(options.limit));
  return parameters;
}

base::StatusOr<std::string> ask(Connection& connection, std::string_view path, const io::HttpParams& parameters,
                                std::string* json) {
  ASSIGN_OR_RETURN(std::string body, connection.get(path, parameters));
  if (json != nullptr) *json = body;
  return body;
}

std::string number_text(dom::object object, std::string_view key) {
  std::uint64_t value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return "0";
  return std::to_string(value);
}

std::string string_of(dom::object object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::string joined_strings(dom::object object, std::string_view key) {
  dom::array array;
  std::string out;
  if (object[key].get(array) != simdjson::SUCCESS) return out;
  for (dom::element element : array) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) continue;
    if (!out.empty()) out += ',';
    out += text;
  }
  return out;
}

std::string labels_text(dom::object object) {
  std::vector<core::Label> labels;
  for (const auto& [name, value] : object) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) labels.push_back({std::string(name), std::string(text)});
  }
  return core::Labels(std::move(labels)).to_text();
}

bool is_figure(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

base::StatusOr<Table> stats_table(std::string_view body) {
  dom::parser parser;
  dom::object answer;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS) return not_an_answer(kStatsPath);
  Table table = {{"streams", "chunks", "entries", "bytes"}};
  table.push_back({number_text(answer, "streams"), number_text(answer, "chunks"), number_text(answer, "entries"),
                   number_text(answer, "bytes")});
  return table;
}

base::StatusOr<Table> volume_table(std::string_view body) {
  dom::parser parser;
  dom::element answer;
  dom::array result;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS ||
      answer["data"]["result"].get(result) != simdjson::SUCCESS) {
    return not_an_answer(kVolumePath);
  }
  Table table = {{"bytes", "labels"}};
  for (dom::element element : result) {
    dom::object metric;
    dom::array value;
    std::string_view bytes;
    if (element["metric"].get(metric) != simdjson::SUCCESS || element["value"].get(value) != simdjson::SUCCESS)
      continue;
    if (value.at(1).get(bytes) != simdjson::SUCCESS) continue;
    table.push_back({std::string(bytes), labels_text(metric)});
  }
  return table;
}

base::StatusOr<Table> patterns_table(std::string_view body) {
  dom::parser parser;
  dom::element answer;
  dom::array data;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS || answer["data"].get(data) != simdjson::SUCCESS) {
    return not_an_answer(kPatternsPath);
  }
  Table table = {{"lines", "level", "pattern"}};
  for (dom::element element : data) {
    dom::object pattern;
    dom::array samples;
    if (element.get(pattern) != simdjson::SUCCESS || pattern["samples"].get(samples) != simdjson::SUCCESS) continue;
    std::uint64_t lines = 0;
    for (dom::element sample : samples) {
      dom::array pair;
      std::uint64_t count = 0;
      if (sample.get(pair) == simdjson::SUCCESS && pair.at(1).get(count) == simdjson::SUCCESS) lines += count;
    }
    table.push_back({std::to_string(lines), string_of(pattern, "level"), string_of(pattern, "pattern")});
  }
  return table;
}

base::StatusOr<Table> fields_table(std::string_view body) {
  dom::parser parser;
  dom::element answer;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS) return not_an_answer(kFieldsPath);
  Table table = {{"values", "type", "parsers", "field"}};
  dom::array fields;
  if (answer["fields"].get(fields) != simdjson::SUCCESS) return table;
  for (dom::element element : fields) {
    dom::object field;
    if (element.get(field) != simdjson::SUCCESS) continue;
    std::string parsers = joined_strings(field, "parsers");
    if (parsers.empty()) parsers = "-";
    table.push_back(
        {number_text(field, "cardinality"), string_of(field, "type"), std::move(parsers), string_of(field, "label")});
  }
  return table;
}

base::StatusOr<Table> explore_stats(Connection& connection, const ExploreOptions& options, std::string* json) {
  ASSIGN_OR_RETURN(const std::string body, ask(connection, kStatsPath, parameters_of(options), json));
  return stats_table(body);
}

base::StatusOr<Table> explore_volume(Connection& connection, const ExploreOptions& options, std::string* json) {
  io::HttpParams parameters = parameters_of(options);
  if (!options.by.empty()) parameters.emplace_back("targetLabels", options.by);
  ASSIGN_OR_RETURN(const std::string body, ask(connection, kVolumePath, parameters, json));
  return volume_table(body);
}

base::StatusOr<Table> explore_patterns(Connection& connection, const ExploreOptions& options, std::string* json) {
  ASSIGN_OR_RETURN(const std::string body, ask(connection, kPatternsPath, parameters_of(options), json));
  ASSIGN_OR_RETURN(Table table, patterns_table(body));
  if (options.limit > 0 && table.size() > options.limit + 1) table.resize(options.limit + 1);
  return table;
}

base::StatusOr<Table> explore_fields(Connection& connection, const ExploreOptions& options, std::string* json) {
  io::HttpParams parameters = parameters_of(options);
  parameters.emplace_back("line_limit", "1000");
  ASSIGN_OR_RETURN(const std::string body, ask(connection, kFieldsPath, parameters, json));
  return fields_table(body);
}

std::string align(const Table& table, bool figures_right) {
  std::vector<std::size_t> widths;
  for (const auto& row : table) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    const std::size_t cells = figures_right || row.empty() ? row.size() : row.size() - 1;
    for (std::size_t i = 0; i < cells; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - std::min(widths[i], row[i].size()), ' ');
      const bool last = i + 1 == row.size();
      // The head stands as its column does.
      const bool right =
          figures_right && is_figure(table.size() > 1 ? table[1][std::min(i, table[1].size() - 1)] : row[i]);
      out += right ? padding + row[i] : last ? row[i] : row[i] + padding;
      out += last ? "\n" : "  ";
    }
  }
  return out;
}

}  // namespace cordwood::client
