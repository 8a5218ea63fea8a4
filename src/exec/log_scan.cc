#include "exec/log_scan.h"

#include <algorithm>

#include "logql/print.h"

namespace cordwood::exec {
namespace {

// Rows are put together and handed to the page in lots, so that it learns early what it need not look at.
constexpr std::size_t kLotRows = 256;

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
  plan->encoded_ = EncodedFilters(plan->literals_);
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

base::Status LogWorker::find_candidates(const ScanBlock& block, const RowRun& run, core::QueryStats& stats) {
  use_stream(block.part, run.stream);
  RETURN_IF_ERROR(text_.use(block));
  text_.select(run, stats, candidates_);
  return base::ok_status();
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

std::optional<core::Row> LogWorker::make_row(const ScanBlock& block, std::uint32_t row, std::string_view line) {
  const segment::BlockRows& rows = *block.rows;
  std::span<const core::MetadataPair> metadata = rows.metadata_of(row);
  const core::Labels& stream = *part_->streams()[stream_].labels;
  if (plan_->level_in_stages_) metadata = level_.with_level(stream, metadata, line);
  if (!run_->process(rows.times[row], line, metadata)) return std::nullopt;
  core::Row result;
  result.position = position_of(*part_, rows, row);
  result.line = std::string(run_->line());
  result.stream_labels = stream_labels();
  if (!run_->labels_unchanged()) {
    result.structured_metadata = copy_labels(run_->labels(pipeline::LabelCategory::kStructuredMetadata));
    result.parsed = copy_labels(run_->labels(pipeline::LabelCategory::kParsed));
  }
  if (plan_->level_in_rows_) add_level(stream, metadata, line, result.structured_metadata);
  result.flags = rows.flags[row];
  result.named = part_->sources()[rows.sources[row]].named;
  result.line_number = rows.line_numbers[row];
  return result;
}

base::Status LogWorker::make_rows(const ScanBlock& block, std::span<const std::uint32_t> rows,
                                  std::vector<core::Row>& out) {
  ASSIGN_OR_RETURN(const auto lines, text_.lines_of(rows));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::optional<core::Row> made = make_row(block, rows[i], lines[i]);
    if (made.has_value()) out.push_back(std::move(*made));
  }
  return base::ok_status();
}

base::Status LogWorker::scan(const ScanBlock& block, const RowRun& run, RowPage& page, core::QueryStats& stats) {
  const segment::BlockRows& rows = *block.rows;
  if (!page.wants_any({rows.times[run.begin], rows.times[run.end - 1]})) return base::ok_status();
  RETURN_IF_ERROR(find_candidates(block, run, stats));
  const bool backward = page.direction() == core::Direction::kBackward;
  if (backward) std::reverse(candidates_.begin(), candidates_.end());
  std::size_t next = 0;
  while (next < candidates_.size()) {
    wanted_.clear();
    for (; next < candidates_.size() && wanted_.size() < kLotRows; ++next) {
      if (page.wants(position_of(block.part, rows, candidates_[next]))) wanted_.push_back(candidates_[next]);
    }
    if (backward) std::reverse(wanted_.begin(), wanted_.end());
    std::vector<core::Row> lot;
    RETURN_IF_ERROR(make_rows(block, wanted_, lot));
    stats.lines_matched += lot.size();
    if (!lot.empty()) page.add(std::move(lot));
  }
  return base::ok_status();
}

base::Status LogWorker::scan_all(const ScanBlock& block, const RowRun& run,
                                 const std::function<bool(std::uint32_t)>& accept, std::vector<core::Row>& out,
                                 core::QueryStats& stats) {
  RETURN_IF_ERROR(find_candidates(block, run, stats));
  std::erase_if(candidates_, [&](std::uint32_t row) { return !accept(row); });
  const std::size_t before = out.size();
  for (std::size_t begin = 0; begin < candidates_.size(); begin += kLotRows) {
    const std::size_t count = std::min(kLotRows, candidates_.size() - begin);
    RETURN_IF_ERROR(make_rows(block, std::span(candidates_).subspan(begin, count), out));
  }
  stats.lines_matched += out.size() - before;
  return base::ok_status();
}

}  // namespace cordwood::exec
