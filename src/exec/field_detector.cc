#include "exec/field_detector.h"

#include <algorithm>
#include <charconv>

#include "logql/units.h"
#include "pipeline/labels_builder.h"
#include "pipeline/parse/json_scan.h"
#include "pipeline/parse/logfmt_decoder.h"
#include "pipeline/text/label_name.h"

namespace cordwood::exec {
namespace {

// Objects inside each other; a line can nest as deep as it is long.
constexpr std::size_t kDepthMax = 100;

bool is_boolean(std::string_view value) {
  static constexpr std::string_view kWords[] = {"1", "t", "T", "TRUE",  "true",  "True",
                                                "0", "f", "F", "FALSE", "false", "False"};
  return std::find(std::begin(kWords), std::end(kWords), value) != std::end(kWords);
}

bool is_integer(std::string_view value) {
  if (value.starts_with('+')) value.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size();
}

// Whole numbers among floats are floats; other mixtures are text.
std::string_view join_types(std::string_view a, std::string_view b) {
  if (a.empty() || a == b) return b;
  const auto number = [](std::string_view type) { return type == "int" || type == "float"; };
  return number(a) && number(b) ? "float" : "string";
}

bool is_error(std::string_view name) {
  return name == pipeline::kErrorLabel || name == pipeline::kErrorDetailsLabel || name == pipeline::kPreserveErrorLabel;
}

}  // namespace

std::string_view type_of_value(std::string_view value) {
  if (is_integer(value)) return "int";
  if (logql::parse_go_float(value).ok()) return "float";
  if (is_boolean(value)) return "boolean";
  if (logql::parse_go_duration(value).ok()) return "duration";
  if (logql::parse_bytes(value).ok()) return "bytes";
  return "string";
}

FieldDetector::Field* FieldDetector::field(std::string_view name) {
  if (is_error(name) || (!only_.empty() && name != only_)) return nullptr;
  const auto found = fields_.find(name);
  if (found != fields_.end()) return &found->second;
  if (fields_.size() >= fields_max_) return nullptr;
  return &fields_[std::string(name)];
}

void FieldDetector::add_value(Field& field, std::string_view value) {
  if (field.values.find(value) != field.values.end()) return;
  field.type = join_types(field.type, type_of_value(value));
  if (field.values.size() < core::kFieldValuesMax) field.values.emplace(value);
}

void FieldDetector::add_parsed(std::string name, std::string_view value, std::string_view parser,
                               std::vector<std::string> path) {
  const auto& metadata = entry_->structured_metadata;
  const bool taken = stream_->has(name) || std::any_of(metadata.begin(), metadata.end(),
                                                       [&](const core::Label& label) { return label.name == name; });
  if (taken) name += pipeline::kDuplicateSuffix;
  Field* const of = field(name);
  if (of == nullptr) return;
  add_value(*of, value);
  of->parsers.emplace(parser);
  if (of->json_path.empty()) of->json_path = std::move(path);
}

bool FieldDetector::add_json(std::string_view line) {
  struct Value {
    std::vector<std::string> path;
    std::string text;
  };
  std::vector<Value> found;
  std::vector<std::string> path;
  std::vector<pipeline::JsonObjectScanner> open;
  open.emplace_back(line);
  std::string_view key;
  pipeline::JsonValue value;
  std::string scratch;
  // Nothing is taken from a line that turns out not to be JSON.
  while (!open.empty()) {
    if (!open.back().next(key, value)) {
      if (open.back().error() != pipeline::JsonError::kNone) return false;
      open.pop_back();
      if (!path.empty()) path.pop_back();
      continue;
    }
    if (value.type == pipeline::JsonType::kObject) {
      if (open.size() >= kDepthMax) continue;
      path.emplace_back(key);
      open.emplace_back(value.text);
    } else if (value.type != pipeline::JsonType::kArray && value.type != pipeline::JsonType::kNull) {
      std::vector<std::string> full = path;
      full.emplace_back(key);
      const bool text = value.type == pipeline::JsonType::kString;
      found.push_back(
          {std::move(full), std::string(text ? pipeline::json_label_value(value.text, scratch) : value.text)});
    }
  }
  for (Value& one : found) {
    std::string name;
    for (const std::string& step : one.path) {
      if (!name.empty()) name += '_';
      pipeline::append_sanitized(name, step);
    }
    add_parsed(std::move(name), one.text, "json", std::move(one.path));
  }
  return true;
}

void FieldDetector::add_logfmt(std::string_view line) {
  pipeline::LogfmtDecoder decoder;
  decoder.reset(line);
  while (!decoder.done()) {
    // Words without a value are words of a sentence.
    if (!decoder.next() || decoder.key().empty() || decoder.value().empty()) continue;
    add_parsed(pipeline::sanitize_label_name(decoder.key()), decoder.value(), "logfmt", {});
  }
}

void FieldDetector::add(const core::Labels& stream, const core::LogEntry& entry) {
  stream_ = &stream;
  entry_ = &entry;
  for (const core::Label& label : entry.structured_metadata) {
    if (Field* const of = stream.has(label.name) ? nullptr : field(label.name)) add_value(*of, label.value);
  }
  if (parsers_.empty()) {
    const std::size_t begin = entry.line.find_first_not_of(" \t");
    const bool json = begin != std::string::npos && entry.line[begin] == '{' && add_json(entry.line);
    if (!json) add_logfmt(entry.line);
    return;
  }
  for (const core::Label& label : entry.parsed) {
    Field* const of = field(label.name);
    if (of == nullptr) continue;
    add_value(*of, label.value);
    of->parsers.insert(parsers_.begin(), parsers_.end());
  }
}

std::vector<core::DetectedField> FieldDetector::take() {
  std::vector<core::DetectedField> all;
  for (auto& [name, of] : fields_) {
    core::DetectedField made;
    made.name = name;
    made.type = std::string(of.type);
    made.values.assign(of.values.begin(), of.values.end());
    made.parsers.assign(of.parsers.begin(), of.parsers.end());
    made.json_path = std::move(of.json_path);
    all.push_back(std::move(made));
  }
  std::sort(all.begin(), all.end(),
            [](const core::DetectedField& a, const core::DetectedField& b) { return a.name < b.name; });
  fields_.clear();
  return all;
}

}  // namespace cordwood::exec
