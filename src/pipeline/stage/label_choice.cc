// `| drop a, b="x"` and `| keep a, b="x"`.
#include <string>
#include <utility>
#include <vector>

#include "pipeline/stage/build.h"
#include "pipeline/stage/matcher.h"

namespace cordwood::pipeline {
namespace {

struct Choice {
  std::string name;
  std::optional<CompiledMatcher> matcher;
};

base::StatusOr<std::vector<Choice>> compile(const std::vector<logql::LabelChoice>& choices) {
  std::vector<Choice> out;
  for (const logql::LabelChoice& choice : choices) {
    Choice compiled;
    compiled.name = choice.name;
    if (choice.matcher.has_value()) {
      ASSIGN_OR_RETURN(compiled.matcher, CompiledMatcher::compile(*choice.matcher));
      compiled.name = choice.matcher->name;
    }
    out.push_back(std::move(compiled));
  }
  return out;
}

class DropStage final : public Stage {
 public:
  explicit DropStage(std::vector<Choice> choices) : choices_(std::move(choices)) {}

  bool process(base::UnixNanos /*time*/, std::string_view& /*line*/, LabelsBuilder& labels) const override {
    for (const Choice& choice : choices_) {
      const auto selected = [&](std::string_view value) {
        return !choice.matcher.has_value() || choice.matcher->matches(value);
      };
      if (choice.name == kErrorLabel) {
        if (selected(labels.error())) labels.clear_error();
      } else if (choice.name == kErrorDetailsLabel) {
        if (selected(labels.error_details())) labels.clear_error_details();
      } else if (const LabelsBuilder::Found found = labels.get(choice.name); found.found && selected(found.value)) {
        labels.remove(choice.name);
      }
    }
    return true;
  }

 private:
  const std::vector<Choice> choices_;
};

class KeepStage final : public Stage {
 public:
  explicit KeepStage(std::vector<Choice> choices) : choices_(std::move(choices)) {}

  bool process(base::UnixNanos /*time*/, std::string_view& /*line*/, LabelsBuilder& labels) const override {
    std::vector<LabelView> all;
    labels.append_all(all);
    for (const LabelView& label : all) {
      if (!is_kept(label)) labels.remove(label.name);
    }
    return true;
  }

 private:
  bool is_kept(const LabelView& label) const {
    if (label.name == kErrorLabel || label.name == kErrorDetailsLabel || label.name == kPreserveErrorLabel) return true;
    for (const Choice& choice : choices_) {
      if (choice.name != label.name) continue;
      if (!choice.matcher.has_value() || choice.matcher->matches(label.value)) return true;
    }
    return false;
  }

  const std::vector<Choice> choices_;
};

}  // namespace

StageOr build_stage(const logql::DropLabels& drop, const PipelineOptions& /*options*/) {
  ASSIGN_OR_RETURN(std::vector<Choice> choices, compile(drop.choices));
  return std::make_unique<DropStage>(std::move(choices));
}

StageOr build_stage(const logql::KeepLabels& keep, const PipelineOptions& /*options*/) {
  ASSIGN_OR_RETURN(std::vector<Choice> choices, compile(keep.choices));
  return std::make_unique<KeepStage>(std::move(choices));
}

}  // namespace cordwood::pipeline
