#include "exec/log_scan.h"

#include <algorithm>

#include "logql/print.h"

namespace cordwood::exec {
namespace {

// Rows are handed to the page in lots, so that it learns early what it need not look at.
constexpr std::size_t kLotRows = 256;
constexpr std::size_t kLotBytes = 1 << 20;

std::vector<core::Label> copy_labels(std::span<const pipeline::LabelView> labels) {
  std::vector<core::Label> copy;
  copy.reserve(labels.size());
  for (const pipeline::LabelView& label : labels) copy.push_back({std::string(label.name), std::string(label.value)});
  return copy;
}

bool same_labels(const core::Labels& labels, std::span<const pipeline::LabelView> views) {
  return std::equal(labels.all().begin(), labels.all().end(), views.begin(), views.end(),
                    [](const core::Label& label, const pipeline::LabelView& view) {
                      return label.name == view.name && label.value == view.value;
                    });
}

}  // namespace

base::StatusOr<std::shared_ptr<const LogPlan>> LogPlan::build(const logql::LogExpr& log, base::UnixNanos now,
                                                              core::LevelUse levels) {
  std::shared_ptr<LogPlan> plan(new LogPlan());
  ASSIGN_OR_RETURN(plan->selector_, StreamSelector::build(log.matchers));
  std::vector<logql::Stage> stages = log.stages;
  plan->literals_ = LiteralFilters::take(stages);
  const pipeline::PipelineOptions options{.now = now};
  ASSIGN_OR_RETURN(plan->pipeline_, pipeline::Pipeline::build(stages, options));
  if (levels != core::LevelUse::kNever) {
    plan->level_in_stages_ = names_level(logql::print(log));
    // `keep` drops what it does not name.
    const bool keeps = std::any_of(stages.begin(), stages.end(), [](const logql::Stage& stage) {
      return std::holds_alternative<logql::KeepLabels>(stage);
    });
    plan->level_in_rows_ = levels == core::LevelUse::kAlways && !plan->level_in_stages_ && !keeps;
  }
  return std::shared_ptr<const LogPlan>(std::move(plan));
}

void LogWorker::use_stream(const segment::Part& part, std::uint32_t stream) {
  if (part_ == &part && stream_ == stream && run_.has_value()) return;
  part_ = &part;
  stream_ = stream;
  run_.emplace(plan_->pipeline_, *part.streams()[stream].labels);
  changed_labels_ = nullptr;
}

void LogWorker::find_candidates(const segment::BlockRows& rows, const RowRun& run, core::QueryStats& stats) {
  const auto lines = std::span(rows.lines).subspan(run.begin, run.end - run.begin);
  stats.lines_processed += lines.size();
  for (const std::string_view line : lines) stats.bytes_processed += line.size();
  plan_->literals_.select(lines, run.begin, candidates_);
}

core::SharedLabels LogWorker::stream_labels() {
  const core::SharedLabels& stored = part_->streams()[stream_].labels;
  if (run_->labels_unchanged()) return stored;
  const std::span<const pipeline::LabelView> labels = run_->labels(pipeline::LabelCategory::kStream);
  if (same_labels(*stored, labels)) return stored;
  if (changed_labels_ == nullptr || !same_labels(*changed_labels_, labels)) {
    changed_labels_ = std::make_shared<const core::Labels>(copy_labels(labels));
  }
  return changed_labels_;
}

std::optional<core::Row> LogWorker::make_row(const segment::Part& part, const segment::BlockRows& rows,
                                             std::uint32_t row) {
  std::span<const core::MetadataPair> metadata = rows.metadata_of(row);
  const core::Labels& stream = *part.streams()[stream_].labels;
  if (plan_->level_in_stages_) metadata = level_.with_level(stream, metadata, rows.lines[row]);
  if (!run_->process(rows.times[row], rows.lines[row], metadata)) return std::nullopt;
  core::Row result;
  result.position = position_of(part, rows, row);
  result.line = std::string(run_->line());
  result.stream_labels = stream_labels();
  if (!run_->labels_unchanged()) {
    result.structured_metadata = copy_labels(run_->labels(pipeline::LabelCategory::kStructuredMetadata));
    result.parsed = copy_labels(run_->labels(pipeline::LabelCategory::kParsed));
  }
  if (plan_->level_in_rows_) add_level(stream, metadata, rows.lines[row], result.structured_metadata);
  result.flags = rows.flags[row];
  result.named = part.sources()[rows.sources[row]].named;
  result.line_number = rows.line_numbers[row];
  return result;
}

void LogWorker::scan(const segment::Part& part, const segment::BlockRows& rows, const RowRun& run, RowPage& page,
                     core::QueryStats& stats) {
  if (!page.wants_any({rows.times[run.begin], rows.times[run.end - 1]})) return;
  use_stream(part, run.stream);
  find_candidates(rows, run, stats);
  if (page.direction() == core::Direction::kBackward) std::reverse(candidates_.begin(), candidates_.end());
  std::vector<core::Row> lot;
  std::size_t lot_bytes = 0;
  for (const std::uint32_t row : candidates_) {
    if (!page.wants(position_of(part, rows, row))) continue;
    std::optional<core::Row> made = make_row(part, rows, row);
    if (!made.has_value()) continue;
    ++stats.lines_matched;
    lot_bytes += made->line.size();
    lot.push_back(std::move(*made));
    if (lot.size() < kLotRows && lot_bytes < kLotBytes) continue;
    page.add(std::move(lot));
    lot.clear();
    lot_bytes = 0;
  }
  if (!lot.empty()) page.add(std::move(lot));
}

void LogWorker::scan_all(const segment::Part& part, const segment::BlockRows& rows, const RowRun& run,
                         const std::function<bool(std::uint32_t)>& accept, std::vector<core::Row>& out,
                         core::QueryStats& stats) {
  use_stream(part, run.stream);
  find_candidates(rows, run, stats);
  for (const std::uint32_t row : candidates_) {
    if (!accept(row)) continue;
    std::optional<core::Row> made = make_row(part, rows, row);
    if (!made.has_value()) continue;
    ++stats.lines_matched;
    out.push_back(std::move(*made));
  }
}

}  // namespace cordwood::exec
