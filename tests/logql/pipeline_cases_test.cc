// Conformance rows of the pipeline level: stages, line filters, sample extraction, templates and level detection.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/labels.h"
#include "core/record.h"
#include "logql/case_reader.h"
#include "logql/parse.h"
#include "logql/pattern.h"
#include "pipeline/detect/level.h"
#include "pipeline/gotemplate/functions.h"
#include "pipeline/parse/pattern_match.h"
#include "pipeline/pipeline.h"
#include "pipeline/sample_extractor.h"
#include "pipeline/text/label_name.h"
#include "pipeline/text/runes.h"

namespace cordwood::logql_cases {
namespace {

using pipeline::LabelCategory;
using pipeline::LabelView;
using TextMap = std::map<std::string, std::string>;

TextMap text_map(const Row& row, std::string_view name) {
  TextMap out;
  if (!row.has(name)) return out;
  // Named: the range of a for keeps only its own temporary alive.
  const simdjson::dom::object pairs = row.at(name).get_object().value();
  for (const auto& [key, value] : pairs) {
    out[std::string(key)] = std::string(value.get_string().value());
  }
  return out;
}

std::string show(const TextMap& map) {
  std::string out = "{";
  for (const auto& [name, value] : map) out += fmt::format("{}={:?} ", name, value);
  return out + "}";
}

TextMap to_map(std::span<const LabelView> labels) {
  TextMap out;
  for (const LabelView& label : labels) out[std::string(label.name)] = std::string(label.value);
  return out;
}

core::Labels to_labels(const TextMap& map) {
  std::vector<core::Label> labels;
  for (const auto& [name, value] : map) labels.push_back({name, value});
  return core::Labels(std::move(labels));
}

std::vector<core::MetadataPair> to_metadata(const TextMap& map) {
  std::vector<core::MetadataPair> out;
  for (const auto& [name, value] : map) out.push_back({name, value});
  return out;
}

// A JSON string; rows write an empty byte array as [].
std::string text_of(Json json) {
  return json.is_string() ? std::string(json.get_string().value()) : std::string();
}

// What the object `json` says about labels, "" when it agrees.
std::string compare_labels(std::string_view what, Json want, const TextMap& got) {
  TextMap wanted;
  for (const auto& [name, value] : want.get_object()) wanted[std::string(name)] = text_of(value);
  return wanted == got ? "" : fmt::format("{}: want {} got {}", what, show(wanted), show(got));
}

// --- stages ----------------------------------------------------------------------------------------------------------

base::StatusOr<std::shared_ptr<const pipeline::Pipeline>> build(std::string_view stages) {
  ASSIGN_OR_RETURN(const std::vector<logql::Stage> parsed, logql::parse_stages(stages));
  return pipeline::Pipeline::build(parsed, {});
}

std::string check_stage(const Row& row) {
  const auto compiled = build(row.text("stage"));
  if (!compiled.ok()) return fmt::format("does not build: {}", base::message_of(compiled.status()));
  const core::Labels stream = to_labels(text_map(row, "stream_labels"));
  TextMap metadata = text_map(row, "structured_metadata");
  // An error that is set already arrives like metadata of that name.
  metadata.merge(text_map(row, "initial_error"));
  const std::vector<core::MetadataPair> pairs = to_metadata(metadata);
  const std::int64_t time = row.has("ts_ns") ? row.integer("ts_ns") : 0;

  pipeline::LabelsBuilder labels(stream, nullptr);
  labels.reset(pairs);
  std::string_view line = row.has("line") ? row.text("line") : std::string_view();
  const bool keep = (*compiled)->line_filters().matches(line) && (*compiled)->run_stages({time}, line, labels);

  for (const auto& [name, value] : row.at("want").get_object()) {
    std::vector<LabelView> got;
    std::string difference;
    if (name == "keep" && value.get_bool().value() != keep) difference = fmt::format("keep: got {}", keep);
    if (name == "line") difference = compare(text_of(value), line);
    if (name == "labels") {
      labels.append_all(got);
      difference = compare_labels("labels", value, to_map(got));
    }
    if (name == "structured_metadata") {
      labels.append(LabelCategory::kStructuredMetadata, got);
      difference = compare_labels("structured_metadata", value, to_map(got));
    }
    if (!difference.empty()) return difference;
  }
  return "";
}

std::string check_stage_error(const Row& row) {
  const auto compiled = build(row.text("stage"));
  if (compiled.ok()) return "builds, but must not";
  const std::string message(base::message_of(compiled.status()));
  if (row.has("error") && !message.ends_with(row.text("error"))) return compare(row.text("error"), message);
  if (row.has("error_contains") && message.find(row.text("error_contains")) == std::string::npos) {
    return compare(row.text("error_contains"), message);
  }
  return "";
}

std::string check_stage_ok(const Row& row) {
  const auto compiled = build(row.text("stage"));
  return compiled.ok() ? "" : std::string(base::message_of(compiled.status()));
}

// --- whole queries on given lines ------------------------------------------------------------------------------------

std::string check_line_match(const Row& row) {
  const auto log = logql::parse_log_query(row.query());
  if (!log.ok()) return std::string(base::message_of(log.status()));
  const auto compiled = pipeline::Pipeline::build(log->stages, {});
  if (!compiled.ok()) return std::string(base::message_of(compiled.status()));
  if (row.has("noop_pipeline") && row.boolean("noop_pipeline") != (*compiled)->is_noop())
    return "noop_pipeline differs";
  if (!row.has("lines")) return "";
  const core::Labels stream = to_labels(text_map(row, "stream_labels"));
  pipeline::PipelineRun run(*compiled, stream);
  for (const Json pair : row.at("lines").get_array()) {
    const std::string_view line = pair.at(0).get_string().value();
    const bool want = pair.at(1).get_bool().value();
    if (run.process({0}, line, {}) != want) return fmt::format("line {:?}: want {}", line, want);
  }
  return "";
}

std::string check_sample_extract(const Row& row) {
  const auto query = logql::parse(row.query());
  if (!query.ok()) return std::string(base::message_of(query.status()));
  const auto extractor = pipeline::SampleExtractor::build(query->metric(), {});
  if (!extractor.ok()) return std::string(base::message_of(extractor.status()));
  const core::Labels stream = to_labels(text_map(row, "stream_labels"));
  const TextMap metadata = text_map(row, "structured_metadata");
  const std::vector<core::MetadataPair> pairs = to_metadata(metadata);
  pipeline::SampleRun run(*extractor, stream);
  const bool emitted = run.process({0}, row.text("line"), pairs);
  for (const auto& [name, value] : row.at("want").get_object()) {
    if (name == "emitted" && value.get_bool().value() != emitted) return fmt::format("emitted: got {}", emitted);
    if (name == "value" && std::abs(value.get_double().value() - run.value()) > 1e-9 * std::abs(run.value())) {
      return fmt::format("value: want {} got {}", value.get_double().value(), run.value());
    }
    if (name == "labels") {
      if (std::string difference = compare_labels("labels", value, to_map(run.labels())); !difference.empty()) {
        return difference;
      }
    }
  }
  return "";
}

// --- pieces ----------------------------------------------------------------------------------------------------------

std::string check_pattern_match(const Row& row) {
  const logql::Pattern pattern = logql::split_pattern(row.text("pattern"));
  const std::string_view line = row.text("line");
  std::vector<std::string_view> got;
  pipeline::match_pattern(pattern, line, got);
  if (row.has("captures")) {
    std::vector<std::string_view> want;
    for (const Json capture : row.at("captures").get_array()) want.push_back(capture.get_string().value());
    if (want != got) return compare(fmt::format("{}", fmt::join(want, "|")), fmt::format("{}", fmt::join(got, "|")));
  }
  if (row.has("full_match") && row.boolean("full_match") != pipeline::pattern_matches_line(pattern, line)) {
    return fmt::format("full_match: want {}", row.boolean("full_match"));
  }
  return "";
}

std::string check_contains_ci(const Row& row) {
  const bool got = pipeline::contains_folded(row.text("line"), pipeline::to_lower(row.text("substr")));
  return got == row.boolean("want") ? "" : fmt::format("got {}", got);
}

std::string check_sanitize_label(const Row& row) {
  return compare(row.text("want"), pipeline::sanitize_label_name(row.text("key")));
}

std::string check_template_func(const Row& row) {
  using pipeline::gotemplate::Value;
  const auto* function = pipeline::gotemplate::find_function(row.text("func"));
  if (function == nullptr) return "no such function";
  std::vector<Value> arguments;
  for (const Json argument : row.at("args").get_array()) {
    if (argument.is_string()) {
      arguments.emplace_back(std::string(argument.get_string().value()));
    } else {
      arguments.push_back(pipeline::gotemplate::make_int(argument.get_int64().value()));
    }
  }
  const base::StatusOr<Value> got = function->body({}, arguments);
  if (row.has("want_error")) return got.ok() != row.boolean("want_error") ? "" : "want an error";
  if (!got.ok()) return std::string(base::message_of(got.status()));
  return compare(text_of(row.at("want")), pipeline::gotemplate::printed(*got));
}

// --- levels ----------------------------------------------------------------------------------------------------------

std::vector<std::string> texts(const Row& row, std::string_view name) {
  std::vector<std::string> out;
  for (const Json text : row.at(name).get_array()) out.emplace_back(text.get_string().value());
  return out;
}

std::string check_level_detect(const Row& row) {
  const pipeline::LevelDetector detector(texts(row, "level_fields"));
  const TextMap metadata = text_map(row, "structured_metadata");
  const core::Labels stream = to_labels(text_map(row, "stream_labels"));
  return compare(row.text("want"), detector.detect(&stream, to_metadata(metadata), row.text("line")));
}

std::string check_level_detect_line(const Row& row) {
  return compare(row.text("want"), pipeline::LevelDetector().detect_from_line(row.text("line")));
}

std::string check_level_from_json(const Row& row) {
  const pipeline::LevelDetector detector(texts(row, "fields"));
  const auto depth = static_cast<int>(row.integer("max_depth"));
  return compare(text_of(row.at("want")), detector.value_from_json(row.text("json"), depth));
}

}  // namespace
}  // namespace cordwood::logql_cases

int main(int argc, char** argv) {
  using namespace cordwood::logql_cases;
  CaseSuite suite;
  suite.add("stage", check_stage);
  suite.add("stage_error", check_stage_error);
  suite.add("stage_ok", check_stage_ok);
  suite.add("line_match", check_line_match);
  suite.add("sample_extract", check_sample_extract);
  suite.add("pattern_match", check_pattern_match);
  suite.add("contains_ci", check_contains_ci);
  suite.add("template_func", check_template_func);
  suite.add("sanitize_label", check_sanitize_label);
  suite.add("level_detect", check_level_detect);
  suite.add("level_detect_line", check_level_detect_line);
  suite.add("level_from_json", check_level_from_json);
  return suite.run(argc, argv);
}
