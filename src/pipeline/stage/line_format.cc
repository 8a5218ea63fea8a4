// `| line_format "{{.a}} {{.b}}"`.
#include <string>
#include <utility>
#include <vector>

#include "pipeline/gotemplate/template.h"
#include "pipeline/stage/build.h"

namespace cordwood::pipeline {
namespace {

class LineFormatStage final : public Stage {
 public:
  LineFormatStage(gotemplate::Template compiled, base::UnixNanos now) : template_(std::move(compiled)), now_(now) {}

  bool process(base::UnixNanos time, std::string_view& line, LabelsBuilder& labels) const override {
    std::vector<LabelView> all;
    labels.append_all(all);
    sort_labels(all);
    std::string& out = labels.scratch();
    out.clear();
    const base::Status status = template_.execute(all, {.line = line, .timestamp = time, .now = now_}, out);
    if (status.ok()) {
      line = labels.arena().copy(out);
    } else {
      labels.set_error(kTemplateFormatError);
      labels.set_error_details(labels.arena().copy(base::message_of(status)));
    }
    return true;
  }

  void append_required_labels(std::vector<std::string>& names) const override {
    for (std::string& name : template_.fields()) names.push_back(std::move(name));
  }

 private:
  const gotemplate::Template template_;
  const base::UnixNanos now_;
};

}  // namespace

StageOr build_stage(const logql::LineFormat& format, const PipelineOptions& options) {
  base::StatusOr<gotemplate::Template> compiled = gotemplate::Template::parse("line", format.template_text);
  if (!compiled.ok()) {
    return base::invalid_argument_error("invalid line template: {}", base::message_of(compiled.status()));
  }
  return std::make_unique<LineFormatStage>(std::move(compiled).value(), options.now);
}

}  // namespace cordwood::pipeline
