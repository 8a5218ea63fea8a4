#include "pipeline/pipeline.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "logql/parse.h"
#include "pipeline/stage/build.h"

namespace cordwood::pipeline {
namespace {

bool changes_line(const logql::Stage& stage) {
  return std::holds_alternative<logql::LineFormat>(stage) || std::holds_alternative<logql::UnpackParser>(stage) ||
         std::holds_alternative<logql::Decolorize>(stage);
}

}  // namespace

base::StatusOr<std::shared_ptr<const Pipeline>> Pipeline::build(const std::vector<logql::Stage>& stages,
                                                                PipelineOptions options) {
  std::shared_ptr<Pipeline> out(new Pipeline());
  for (const logql::Stage& stage : stages) {
    // A line filter that sees the stored line moves to the front: it only drops rows, and dropping before parsing is
    // cheaper and gives the same rows.
    if (const auto* filter = std::get_if<logql::LineFilter>(&stage); filter != nullptr && !out->may_change_line_) {
      ASSIGN_OR_RETURN(auto predicate, build_line_filter(*filter));
      if (!logql::is_noop(*filter)) out->line_filters_.add(std::move(predicate));
      continue;
    }
    ASSIGN_OR_RETURN(StagePtr compiled,
                     std::visit([&](const auto& node) { return build_stage(node, options); }, stage));
    out->stages_.push_back(std::move(compiled));
    out->may_change_line_ = out->may_change_line_ || changes_line(stage);
  }
  return std::shared_ptr<const Pipeline>(std::move(out));
}

std::vector<std::string> Pipeline::required_labels() const {
  std::vector<std::string> names;
  for (const StagePtr& stage : stages_) stage->append_required_labels(names);
  return names;
}

bool Pipeline::run_stages(base::UnixNanos time, std::string_view& line, LabelsBuilder& labels) const {
  for (const StagePtr& stage : stages_) {
    if (!stage->process(time, line, labels)) return false;
  }
  return true;
}

bool PipelineRun::process(base::UnixNanos time, std::string_view line, std::span<const core::MetadataPair> metadata) {
  if (!pipeline_->line_filters().matches(line)) return false;
  line_ = line;
  labels_.reset(metadata);
  return pipeline_->run_stages(time, line_, labels_);
}

std::span<const LabelView> PipelineRun::labels(LabelCategory category) {
  std::vector<LabelView>& out = by_category_[static_cast<std::size_t>(category)];
  out.clear();
  labels_.append(category, out);
  sort_labels(out);
  return out;
}

std::span<const LabelView> PipelineRun::all_labels() {
  all_.clear();
  labels_.append_all(all_);
  sort_labels(all_);
  return all_;
}

void sort_labels(std::vector<LabelView>& labels) {
  const auto by_name = [](const LabelView& a, const LabelView& b) { return a.name < b.name; };
  if (!std::is_sorted(labels.begin(), labels.end(), by_name)) std::stable_sort(labels.begin(), labels.end(), by_name);
}

core::Labels to_labels(std::span<const LabelView> labels) {
  std::vector<core::Label> out;
  out.reserve(labels.size());
  for (const LabelView& label : labels) out.push_back({std::string(label.name), std::string(label.value)});
  return core::Labels(std::move(out));
}

}  // namespace cordwood::pipeline
