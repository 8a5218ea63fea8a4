// `| unpack`: a JSON object of strings that Promtail's pack stage made; `_entry` becomes the line, the rest labels.
#include <string>
#include <vector>

#include "pipeline/parse/json_scan.h"
#include "pipeline/stage/build.h"
#include "pipeline/text/label_name.h"

namespace cordwood::pipeline {
namespace {

constexpr std::string_view kEntry = "_entry";

class UnpackStage final : public Stage {
 public:
  bool process(base::UnixNanos /*time*/, std::string_view& line, LabelsBuilder& labels) const override {
    if (line.empty() || labels.parsers_disabled()) return true;
    if (line[0] != '{') {
      labels.add_parser_error(kJsonError, "expecting json object(6), but it is not");
      return true;
    }
    const JsonError error = unpack(line, labels);
    if (error != JsonError::kNone) labels.add_parser_error(kJsonError, json_error_text(error));
    return true;
  }

 private:
  // Changes nothing unless the object is whole and has an entry.
  static JsonError unpack(std::string_view& line, LabelsBuilder& labels) {
    std::vector<LabelView> packed;
    bool has_entry = false;
    std::string_view entry;
    JsonObjectScanner members(line);
    std::string_view key;
    JsonValue value;
    while (members.next(key, value)) {
      if (value.type != JsonType::kString) continue;
      if (key == kEntry) {
        const auto text = unescape_json(value.text, labels.scratch());
        if (!text.has_value()) return JsonError::kMalformedEscape;
        entry = labels.arena().copy(*text);
        has_entry = true;
        continue;
      }
      std::string& sanitized = labels.scratch();
      sanitized.clear();
      append_sanitized(sanitized, key);
      const std::string_view name = labels.name_to_extract(labels.arena().copy(sanitized));
      if (name.empty()) continue;
      packed.push_back({name, labels.arena().copy(json_label_value(value.text, labels.scratch()))});
    }
    if (members.error() != JsonError::kNone) return members.error();
    if (!has_entry) return JsonError::kNone;
    for (const LabelView& label : packed) labels.set(LabelCategory::kParsed, label.name, label.value);
    line = entry;
    return JsonError::kNone;
  }
};

}  // namespace

StageOr build_stage(const logql::UnpackParser& /*parser*/, const PipelineOptions& /*options*/) {
  return std::make_unique<UnpackStage>();
}

}  // namespace cordwood::pipeline
