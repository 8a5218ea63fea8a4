// `| label_format a=b, c="{{.d}}"`.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/labels.h"
#include "pipeline/gotemplate/template.h"
#include "pipeline/stage/build.h"

namespace cordwood::pipeline {
namespace {

struct Assignment {
  std::string target;
  std::string source;                            // of a rename
  std::optional<gotemplate::Template> compiled;  // else
};

class LabelFormatStage final : public Stage {
 public:
  LabelFormatStage(std::vector<Assignment> assignments, base::UnixNanos now)
      : assignments_(std::move(assignments)), now_(now) {}

  bool process(base::UnixNanos time, std::string_view& line, LabelsBuilder& labels) const override {
    // All templates read the labels as they were when the first of them ran.
    std::vector<LabelView> snapshot;
    bool has_snapshot = false;
    for (const Assignment& assignment : assignments_) {
      if (!assignment.compiled.has_value()) {
        rename(assignment, labels);
        continue;
      }
      if (!has_snapshot) {
        labels.append_all(snapshot);
        sort_labels(snapshot);
        has_snapshot = true;
      }
      std::string& out = labels.scratch();
      out.clear();
      const base::Status status =
          assignment.compiled->execute(snapshot, {.line = line, .timestamp = time, .now = now_}, out);
      if (status.ok()) {
        labels.set(LabelCategory::kParsed, assignment.target, labels.arena().copy(out));
      } else {
        labels.set_error(kTemplateFormatError);
        labels.set_error_details(labels.arena().copy(base::message_of(status)));
      }
    }
    return true;
  }

  void append_required_labels(std::vector<std::string>& names) const override {
    for (const Assignment& assignment : assignments_) {
      if (!assignment.compiled.has_value()) {
        names.push_back(assignment.source);
        continue;
      }
      for (std::string& name : assignment.compiled->fields()) names.push_back(std::move(name));
    }
  }

 private:
  // Moves the value; the label stays in its category.
  static void rename(const Assignment& assignment, LabelsBuilder& labels) {
    const LabelsBuilder::Found found = labels.get(assignment.source);
    if (!found.found) return;
    labels.set(found.category, assignment.target, found.value);
    labels.remove(assignment.source);
  }

  const std::vector<Assignment> assignments_;
  const base::UnixNanos now_;
};

}  // namespace

StageOr build_stage(const logql::LabelFormat& format, const PipelineOptions& options) {
  std::vector<Assignment> assignments;
  for (const logql::LabelAssignment& one : format.assignments) {
    Assignment assignment;
    assignment.target = one.target;
    if (one.is_rename) {
      assignment.source = one.value;
    } else {
      base::StatusOr<gotemplate::Template> compiled = gotemplate::Template::parse("label", one.value);
      if (!compiled.ok()) {
        return base::invalid_argument_error("invalid template for label '{}': {}", one.target,
                                            base::message_of(compiled.status()));
      }
      assignment.compiled = std::move(compiled).value();
    }
    assignments.push_back(std::move(assignment));
  }
  return std::make_unique<LabelFormatStage>(std::move(assignments), options.now);
}

}  // namespace cordwood::pipeline
