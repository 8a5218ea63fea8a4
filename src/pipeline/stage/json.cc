// `| json`: every value of the line's object as a label, nested names joined by `_`; and `| json a="path"`.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/parse/json_scan.h"
#include "pipeline/stage/build.h"
#include "pipeline/text/label_name.h"

namespace cordwood::pipeline {
namespace {

// Objects inside each other; deeper ones are passed over. A line can nest as deep as it is long.
constexpr int kDepthMax = 100;

// One walk over a line. Stops when everything that the query needs has been found.
class JsonFlattener {
 public:
  explicit JsonFlattener(LabelsBuilder& labels) : labels_(labels) {}

  JsonError walk(std::string_view object, int depth) {
    JsonObjectScanner members(object);
    std::string_view key;
    JsonValue value;
    while (!stopped_ && members.next(key, value)) {
      switch (value.type) {
        case JsonType::kString:
        case JsonType::kNumber:
        case JsonType::kBoolean:
          set_label(key, value);
          break;
        case JsonType::kObject: {
          const JsonError error = descend(key, value.text, depth);
          if (error != JsonError::kNone) return error;
          break;
        }
        case JsonType::kArray:
        case JsonType::kNull:
          break;
      }
    }
    return members.error();
  }

 private:
  JsonError descend(std::string_view key, std::string_view object, int depth) {
    if (depth >= kDepthMax) return JsonError::kNone;
    const std::size_t before = prefix_.size();
    if (before != 0) prefix_.push_back('_');
    append_sanitized(prefix_, key);
    JsonError error = JsonError::kNone;
    if (labels_.wants_prefix(prefix_)) error = walk(object, depth + 1);
    prefix_.resize(before);
    return error;
  }

  void set_label(std::string_view key, const JsonValue& value) {
    const std::size_t before = prefix_.size();
    if (before != 0) prefix_.push_back('_');
    append_sanitized(prefix_, key);
    extract(value);
    prefix_.resize(before);
  }

  void extract(const JsonValue& value) {
    const std::string_view sanitized = labels_.arena().copy(prefix_);
    const bool nameless = sanitized.empty();  // a key of white space: Loki has the label ""
    const std::string_view name = labels_.name_to_extract(sanitized);
    if (name.empty() && !nameless) return;
    std::string_view text = value.text;
    if (value.type == JsonType::kString) text = labels_.arena().copy(json_label_value(value.text, labels_.scratch()));
    labels_.set(LabelCategory::kParsed, name, text);
    stopped_ = labels_.all_required_extracted();
  }

  LabelsBuilder& labels_;
  std::string prefix_;
  bool stopped_ = false;
};

class JsonStage final : public Stage {
 public:
  bool process(base::UnixNanos /*time*/, std::string_view& line, LabelsBuilder& labels) const override {
    if (labels.parsers_disabled()) return true;
    JsonFlattener flattener(labels);
    const JsonError error = flattener.walk(line, 0);
    if (error != JsonError::kNone) labels.add_parser_error(kJsonError, json_error_text(error));
    return true;
  }
};

// --- json with paths -----------------------------------------------------------------------------------------------

struct Extraction {
  std::string label;
  logql::JsonPath path;
};

// Finds the values of all paths in one walk. Text that is not JSON ends the walk silently, as in Loki: only a value
// that is asked for and broken is an error.
class PathFinder {
 public:
  PathFinder(const std::vector<Extraction>& extractions, LabelsBuilder& labels)
      : extractions_(extractions), labels_(labels), found_(extractions.size(), false) {}

  void run(std::string_view text) {
    std::vector<std::size_t> all(extractions_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    visit(text, 0, all);
  }
  bool found(std::size_t extraction) const { return found_[extraction]; }

 private:
  // `active`: extractions whose first `depth` steps lead to `text`. Depth is bounded by the longest path of the query.
  void visit(std::string_view text, std::size_t depth, const std::vector<std::size_t>& active) {
    const std::size_t begin = text.find_first_not_of(" \n\r\t");
    if (begin == std::string_view::npos) return;
    if (text[begin] == '{') {
      visit_object(text, depth, active);
    } else if (text[begin] == '[') {
      visit_array(text, depth, active);
    }
  }

  void visit_object(std::string_view text, std::size_t depth, const std::vector<std::size_t>& active) {
    JsonObjectScanner members(text);
    std::string_view key;
    JsonValue value;
    std::string key_copy;
    while (members.next(key, value)) {
      key_copy.assign(key);
      select(active, depth, value, [&](const logql::JsonPathStep& step) {
        const auto* name = std::get_if<std::string>(&step);
        return name != nullptr && *name == key_copy;
      });
    }
    if (members.error() == JsonError::kMalformed || members.error() == JsonError::kNone) return;
    report_broken(active, depth, key, members.error());
  }

  void visit_array(std::string_view text, std::size_t depth, const std::vector<std::size_t>& active) {
    JsonArrayScanner elements(text);
    JsonValue value;
    for (std::uint64_t index = 0; elements.next(value); ++index) {
      select(active, depth, value, [&](const logql::JsonPathStep& step) {
        const auto* wanted = std::get_if<std::uint64_t>(&step);
        return wanted != nullptr && *wanted == index;
      });
    }
  }

  template <typename Matches>
  void select(const std::vector<std::size_t>& active, std::size_t depth, const JsonValue& value, Matches matches) {
    std::vector<std::size_t> deeper;
    for (const std::size_t i : active) {
      const logql::JsonPath& path = extractions_[i].path;
      if (found_[i] || depth >= path.size() || !matches(path[depth])) continue;
      if (depth + 1 == path.size()) {
        deliver(i, value);
      } else {
        deeper.push_back(i);
      }
    }
    if (!deeper.empty()) visit(value.text, depth + 1, deeper);
  }

  void report_broken(const std::vector<std::size_t>& active, std::size_t depth, std::string_view key, JsonError error) {
    for (const std::size_t i : active) {
      const logql::JsonPath& path = extractions_[i].path;
      if (found_[i] || depth + 1 != path.size()) continue;
      const auto* name = std::get_if<std::string>(&path[depth]);
      if (name == nullptr || *name != key) continue;
      found_[i] = true;
      labels_.add_parser_error(kJsonError, json_error_text(error));
    }
  }

  void deliver(std::size_t i, const JsonValue& value) {
    found_[i] = true;
    const std::string_view name = labels_.name_after_clash(extractions_[i].label);
    std::string_view text = value.text;
    if (value.type == JsonType::kNull) {
      text = {};
    } else if (value.type != JsonType::kObject) {
      text = labels_.arena().copy(json_label_value(value.text, labels_.scratch()));
    }
    labels_.set(LabelCategory::kParsed, name, text);
  }

  const std::vector<Extraction>& extractions_;
  LabelsBuilder& labels_;
  std::vector<bool> found_;
};

class JsonPathStage final : public Stage {
 public:
  explicit JsonPathStage(std::vector<Extraction> extractions) : extractions_(std::move(extractions)) {}

  bool process(base::UnixNanos /*time*/, std::string_view& line, LabelsBuilder& labels) const override {
    if (line.empty() || labels.parsers_disabled()) return true;
    if (line[0] != '{' && line[0] != '[' && line[0] != '"') {
      labels.add_parser_error(kJsonError, {});
      return true;
    }
    PathFinder finder(extractions_, labels);
    finder.run(line);
    for (const Extraction& extraction : extractions_) {
      if (!labels.get(extraction.label).found) labels.set(LabelCategory::kParsed, extraction.label, {});
    }
    return true;
  }

 private:
  const std::vector<Extraction> extractions_;
};

}  // namespace

StageOr build_stage(const logql::JsonParser& parser, const PipelineOptions& /*options*/) {
  if (parser.extractions.empty()) return std::make_unique<JsonStage>();
  std::vector<Extraction> extractions;
  for (const logql::JsonExtraction& extraction : parser.extractions) {
    if (!extraction.path.ok()) {
      return base::invalid_argument_error("cannot parse expression [{}]: {}", extraction.expression,
                                          base::message_of(extraction.path.status()));
    }
    extractions.push_back({extraction.label, *extraction.path});
  }
  return std::make_unique<JsonPathStage>(std::move(extractions));
}

}  // namespace cordwood::pipeline
