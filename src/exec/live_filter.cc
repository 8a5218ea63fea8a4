#include "exec/live_filter.h"

namespace cordwood::exec {
namespace {

std::vector<core::Label> copy_labels(std::span<const pipeline::LabelView> labels) {
  std::vector<core::Label> copy;
  copy.reserve(labels.size());
  for (const pipeline::LabelView& label : labels) copy.push_back({std::string(label.name), std::string(label.value)});
  return copy;
}

}  // namespace

LiveFilter::Stream& LiveFilter::stream_of(const LiveRow& row) {
  const auto found = streams_.find(row.stream);
  if (found != streams_.end()) return found->second;
  if (streams_.size() >= kStreamsMax) streams_.clear();
  Stream& made = streams_[row.stream];
  made.labels = *row.labels;
  made.run = std::make_unique<pipeline::PipelineRun>(plan_->pipeline_, *made.labels);
  return made;
}

std::optional<core::Row> LiveFilter::make_row(const LiveRow& row) {
  Stream& stream = stream_of(row);
  pipeline::PipelineRun& run = *stream.run;
  std::span<const core::MetadataPair> metadata = row.metadata;
  if (plan_->level_in_stages_) metadata = level_.with_level(*stream.labels, metadata, row.line);
  if (!run.process(row.time, row.line, metadata)) return std::nullopt;
  core::Row result;
  result.position.time = row.time;
  result.position.stream = row.stream;
  result.line = std::string(run.line());
  result.stream_labels = stream.labels;
  if (!run.labels_unchanged()) {
    const std::span<const pipeline::LabelView> labels = run.labels(pipeline::LabelCategory::kStream);
    core::Labels own(copy_labels(labels));
    if (own != *stream.labels) result.stream_labels = std::make_shared<const core::Labels>(std::move(own));
    result.structured_metadata = copy_labels(run.labels(pipeline::LabelCategory::kStructuredMetadata));
    result.parsed = copy_labels(run.labels(pipeline::LabelCategory::kParsed));
  }
  if (plan_->level_in_rows_) add_level(*stream.labels, row.metadata, row.line, result.structured_metadata);
  return result;
}

void LiveFilter::filter(std::span<const LiveRow> rows, std::vector<core::Row>& out) {
  lines_.clear();
  for (const LiveRow& row : rows) lines_.push_back(row.line);
  plan_->literals_.select(lines_, 0, candidates_);
  for (const std::uint32_t index : candidates_) {
    std::optional<core::Row> made = make_row(rows[index]);
    if (made.has_value()) out.push_back(std::move(*made));
  }
}

}  // namespace cordwood::exec
