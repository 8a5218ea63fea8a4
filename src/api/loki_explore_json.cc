#include "api/loki_explore_json.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/json_writer.h"
#include "logql/units.h"

namespace cordwood::api {
namespace {

using base::JsonWriter;

void write_strings(JsonWriter& json, const std::vector<std::string>& strings) {
  json.begin_array();
  for (const std::string& text : strings) json.string(text);
  json.end_array();
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

bool names_single_things(const std::set<std::string_view>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](std::string_view value) { return is_uuid(value) || logql::parse_go_float(value).ok(); });
}

bool is_usual(std::string_view label) {
  return label == "cluster" || label == "namespace" || label == "instance" || label == "pod";
}

}  // namespace

std::string patterns_json(const core::LogPatterns& patterns) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("status").string("success").key("data").begin_array();
  for (const core::LogPattern& pattern : patterns) {
    json.begin_object().key("pattern").string(pattern.pattern).key("level").string(pattern.level);
    json.key("samples").begin_array();
    for (const auto& [time, lines] : pattern.samples) {
      json.begin_array().number(time.value / 1'000'000'000).number(lines).end_array();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  out += '\n';
  return out;
}

std::string detected_labels_json(const std::vector<core::Labels>& series) {
  std::map<std::string_view, std::set<std::string_view>> values;
  for (const core::Labels& labels : series) {
    for (const core::Label& label : labels.all()) values[label.name].insert(label.value);
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("detectedLabels").begin_array();
  for (const auto& [label, of] : values) {
    if (!is_usual(label) && names_single_things(of)) continue;
    json.begin_object().key("label").string(label).key("cardinality").number(std::uint64_t{of.size()}).end_object();
  }
  json.end_array().end_object();
  out += '\n';
  return out;
}

std::string detected_fields_json(const std::vector<core::DetectedField>& fields, std::uint32_t limit) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("fields").begin_array();
  for (const core::DetectedField& field : fields) {
    json.begin_object().key("label").string(field.name).key("type").string(field.type);
    json.key("cardinality").number(std::uint64_t{field.values.size()}).key("parsers");
    if (field.parsers.empty()) {
      json.raw("null");
    } else {
      write_strings(json, field.parsers);
    }
    if (!field.json_path.empty()) {
      json.key("jsonPath");
      write_strings(json, field.json_path);
    }
    json.end_object();
  }
  json.end_array().key("limit").number(std::uint64_t{limit}).end_object();
  out += '\n';
  return out;
}

std::string field_values_json(const std::vector<std::string>& values, std::uint32_t limit) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("values");
  write_strings(json, values);
  json.key("limit").number(std::uint64_t{limit}).end_object();
  out += '\n';
  return out;
}

}  // namespace cordwood::api
