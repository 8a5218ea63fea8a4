// `| pattern "<ip> - <_> <status>"`.
#include <string>
#include <vector>

#include "pipeline/parse/pattern_match.h"
#include "pipeline/stage/build.h"

namespace cordwood::pipeline {
namespace {

class PatternStage final : public Stage {
 public:
  explicit PatternStage(const logql::Pattern& pattern) : pattern_(pattern) {
    for (const logql::PatternNode& node : pattern_) {
      if (node.is_named()) names_.push_back(node.text);
    }
  }

  bool process(base::UnixNanos /*time*/, std::string_view& line, LabelsBuilder& labels) const override {
    if (labels.parsers_disabled()) return true;
    std::vector<std::string_view> values;
    values.reserve(names_.size());
    match_pattern(pattern_, line, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string_view name = labels.name_to_extract(names_[i]);
      if (!name.empty()) labels.set(LabelCategory::kParsed, name, values[i]);
    }
    return true;
  }

 private:
  const logql::Pattern pattern_;
  std::vector<std::string> names_;
};

}  // namespace

StageOr build_stage(const logql::PatternParser& parser, const PipelineOptions& /*options*/) {
  return std::make_unique<PatternStage>(parser.pattern);
}

}  // namespace cordwood::pipeline
