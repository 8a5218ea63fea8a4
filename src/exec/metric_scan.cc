#include "exec/metric_scan.h"

#include <algorithm>

#include "base/check.h"
#include "exec/grouping.h"

namespace cordwood::exec {
namespace {

using logql::RangeOp;

RangeKernel kernel_of(RangeOp op, bool unwrapped) {
  switch (op) {
    case RangeOp::kRate:
      return unwrapped ? RangeKernel::kSumRate : RangeKernel::kCountRate;
    case RangeOp::kRateCounter:
      return RangeKernel::kRateCounter;
    case RangeOp::kCountOverTime:
      return RangeKernel::kCount;
    case RangeOp::kBytesRate:
      return RangeKernel::kSumRate;
    case RangeOp::kBytesOverTime:
      return RangeKernel::kSum;
    case RangeOp::kAvgOverTime:
      return RangeKernel::kAvg;
    case RangeOp::kSumOverTime:
      return RangeKernel::kSum;
    case RangeOp::kMinOverTime:
      return RangeKernel::kMin;
    case RangeOp::kMaxOverTime:
      return RangeKernel::kMax;
    case RangeOp::kStdvarOverTime:
      return RangeKernel::kStdvar;
    case RangeOp::kStddevOverTime:
      return RangeKernel::kStddev;
    case RangeOp::kQuantileOverTime:
      return RangeKernel::kQuantile;
    case RangeOp::kFirstOverTime:
      return RangeKernel::kFirst;
    case RangeOp::kLastOverTime:
      return RangeKernel::kLast;
    case RangeOp::kAbsentOverTime:
      return RangeKernel::kCount;
  }
  CHECK(false);
  return RangeKernel::kCount;
}

// The labels that absent_over_time gives: of matchers with `=` whose name no other matcher has.
core::Labels labels_of_equal_matchers(const std::vector<logql::Matcher>& matchers) {
  std::vector<core::Label> labels;
  for (const logql::Matcher& matcher : matchers) {
    const auto same_name = std::count_if(matchers.begin(), matchers.end(),
                                         [&](const logql::Matcher& other) { return other.name == matcher.name; });
    if (matcher.op == logql::MatchOp::kEqual && same_name == 1 && !matcher.value.empty()) {
      labels.push_back({matcher.name, matcher.value});
    }
  }
  return core::Labels(std::move(labels));
}

base::Status pipeline_error(const core::Labels& labels) {
  const std::string_view kind = labels.get(pipeline::kErrorLabel);
  return base::invalid_argument_error(
      "pipeline error: '{}' for series: '{}'.\n"
      "Use a label filter to intentionally skip this error. (e.g | __error__!=\"{}\").\n"
      "To skip all potential errors you can match empty errors.(e.g __error__=\"\")\n"
      "The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" )\n",
      kind, labels.to_text(), kind);
}

// Whether a stage looks at the line's text. Filters on labels, drop and keep do not.
bool reads_line(const logql::Stage& stage) {
  return std::visit(logql::Overloaded{[](const logql::LabelFilterStage&) { return false; },
                                      [](const logql::DropLabels&) { return false; },
                                      [](const logql::KeepLabels&) { return false; }, [](const auto&) { return true; }},
                    stage);
}

bool fails_query(const core::Labels& labels) {
  return labels.has(pipeline::kErrorLabel) && labels.get(pipeline::kPreserveErrorLabel) != "true";
}

}  // namespace

base::StatusOr<std::shared_ptr<const MetricPlan>> MetricPlan::build(const logql::RangeAggregation& aggregation,
                                                                    const std::optional<logql::Grouping>& outer,
                                                                    StepGrid grid, base::UnixNanos now, bool levels) {
  const WindowPanes panes(grid, aggregation.range.range, aggregation.range.offset);
  std::shared_ptr<MetricPlan> plan(new MetricPlan(panes));
  ASSIGN_OR_RETURN(plan->selector_, StreamSelector::build(aggregation.range.log.matchers));
  logql::RangeAggregation rest = aggregation;
  plan->literals_ = LiteralFilters::take(rest.range.log.stages);
  const pipeline::PipelineOptions options{.now = now};
  ASSIGN_OR_RETURN(plan->extractor_,
                   pipeline::SampleExtractor::build(rest, outer.has_value() ? &*outer : nullptr, options));
  const bool unwrapped = aggregation.range.unwrap.has_value();
  plan->kernel_ = kernel_of(aggregation.op, unwrapped);
  plan->quantile_ = aggregation.quantile;
  plan->line_bytes_ = aggregation.op == RangeOp::kBytesRate || aggregation.op == RangeOp::kBytesOverTime;
  plan->levels_ = levels;
  plan->absent_ = aggregation.op == RangeOp::kAbsentOverTime;
  if (plan->absent_) plan->absent_labels_ = labels_of_equal_matchers(aggregation.range.log.matchers);
  plan->decide_series(aggregation, outer);
  const bool positions = plan->make_aggregator({})->needs_position();
  const std::vector<logql::Stage>& stages = rest.range.log.stages;
  const bool text = std::any_of(stages.begin(), stages.end(), reads_line);
  plan->columns_ = {.lines = text || levels || !plan->literals_.empty() || plan->line_bytes_,
                    .positions = positions,
                    .metadata = !plan->ignores_metadata_};
  return std::shared_ptr<const MetricPlan>(std::move(plan));
}

void MetricPlan::decide_series(const logql::RangeAggregation& aggregation,
                               const std::optional<logql::Grouping>& outer) {
  fixed_series_ = extractor_->only_line_filters() && !levels_;
  const std::optional<logql::Grouping>& grouping = aggregation.grouping.has_value() ? aggregation.grouping : outer;
  const bool no_labels = grouping.has_value() && !grouping->without && grouping->labels.empty();
  ignores_metadata_ = fixed_series_ && (no_labels || absent_);
}

std::unique_ptr<RangeAggregator> MetricPlan::make_aggregator(base::MemoryReservation memory) const {
  return RangeAggregator::make(kernel_, quantile_, panes_, std::move(memory));
}

base::StatusOr<Matrix> MetricPlan::finish(RangeAggregator& all) const {
  const std::vector<std::uint32_t> order = all.sorted_series();
  for (const std::uint32_t series : order) {
    if (fails_query(all.series().labels(series))) return pipeline_error(all.series().labels(series));
  }
  if (absent_) return finish_absent(all);
  Matrix matrix{panes_.grid().count, {}};
  matrix.rows.reserve(order.size());
  for (const std::uint32_t series : order) {
    MatrixRow row{all.series().labels(series), std::vector<double>(matrix.steps)};
    all.finish(series, row.values);
    if (row.any()) matrix.rows.push_back(std::move(row));
  }
  return matrix;
}

base::StatusOr<Matrix> MetricPlan::finish_absent(RangeAggregator& all) const {
  MatrixRow row{absent_labels_, std::vector<double>(panes_.grid().count, 1)};
  std::vector<double> present(row.values.size());
  for (std::uint32_t series = 0; series < all.series().size(); ++series) {
    all.finish(series, present);
    for (std::size_t step = 0; step < present.size(); ++step) {
      if (!is_absent(present[step])) row.values[step] = absent();
    }
  }
  Matrix matrix{row.values.size(), {}};
  if (row.any()) matrix.rows.push_back(std::move(row));
  return matrix;
}

MetricWorker::MetricWorker(std::shared_ptr<const MetricPlan> plan, base::MemoryReservation memory)
    : plan_(std::move(plan)), aggregator_(plan_->make_aggregator(std::move(memory))), panes_(plan_->panes()) {}

void MetricWorker::use_stream(const segment::Part& part, std::uint32_t stream) {
  if (part_ == &part && stream_ == stream && sampler_.has_value()) return;
  part_ = &part;
  stream_ = stream;
  sampler_.emplace(plan_->extractor_, *part.streams()[stream].labels);
  fixed_series_.reset();
}

std::uint32_t MetricWorker::series_of(std::span<const pipeline::LabelView> labels, bool has_error) {
  if (plan_->absent_ && !has_error) return aggregator_->series().intern(std::span<const pipeline::LabelView>());
  return aggregator_->series().intern(labels);
}

base::Status MetricWorker::scan(const segment::Part& part, const segment::BlockRows& rows, const RowRun& run,
                                core::QueryStats& stats) {
  use_stream(part, run.stream);
  stats.lines_processed += run.end - run.begin;
  if (plan_->columns_.lines) {
    const auto lines = std::span(rows.lines).subspan(run.begin, run.end - run.begin);
    for (const std::string_view line : lines) stats.bytes_processed += line.size();
    plan_->literals_.select(lines, run.begin, candidates_);
  } else {
    candidates_.resize(run.end - run.begin);
    for (std::uint32_t i = 0; i < candidates_.size(); ++i) candidates_[i] = run.begin + i;
  }
  const pipeline::LineFilters& filters = plan_->extractor_->pipeline().line_filters();
  if (!filters.empty()) {
    std::erase_if(candidates_, [&](std::uint32_t row) { return !filters.matches(rows.lines[row]); });
  }
  stats.lines_matched += candidates_.size();
  if (plan_->fixed_series_ && (plan_->ignores_metadata_ || rows.metadata_begin.empty())) {
    scan_fixed(rows);
  } else {
    scan_each(part, rows);
  }
  return aggregator_->charge();
}

// All candidates belong to one series, and their values need no labels.
void MetricWorker::scan_fixed(const segment::BlockRows& rows) {
  if (candidates_.empty()) return;
  if (!fixed_series_.has_value()) {
    const std::uint32_t row = candidates_[0];
    const std::string_view line = rows.lines.empty() ? std::string_view() : rows.lines[row];
    if (!sampler_->process(rows.times[row], line, {})) return;
    fixed_series_ = series_of(sampler_->labels(), sampler_->has_error());
  }
  if (!plan_->line_bytes_ && !aggregator_->needs_position()) {
    times_.clear();
    for (const std::uint32_t row : candidates_) times_.push_back(rows.times[row]);
    count_rows(times_, *fixed_series_);
    return;
  }
  for (const std::uint32_t row : candidates_) {
    const std::size_t pane = panes_.pane_of(rows.times[row]);
    if (pane == WindowPanes::kNoPane) continue;
    aggregator_->add(*fixed_series_, pane, {static_cast<double>(rows.lines[row].size()), nullptr});
  }
}

void MetricWorker::count_rows(std::span<const base::UnixNanos> times, std::uint32_t series) {
  std::size_t begin = 0;
  while (begin < times.size()) {
    const std::size_t pane = panes_.pane_of(times[begin]);
    std::size_t end = begin + 1;
    while (end < times.size() && panes_.pane_of(times[end]) == pane) ++end;
    if (pane != WindowPanes::kNoPane) aggregator_->add_count(series, pane, end - begin);
    begin = end;
  }
}

void MetricWorker::scan_each(const segment::Part& part, const segment::BlockRows& rows) {
  const bool positions = aggregator_->needs_position();
  for (const std::uint32_t row : candidates_) {
    const std::size_t pane = panes_.pane_of(rows.times[row]);
    if (pane == WindowPanes::kNoPane) continue;
    const std::string_view line = rows.lines.empty() ? std::string_view() : rows.lines[row];
    std::span<const core::MetadataPair> metadata = rows.metadata_of(row);
    if (plan_->levels_) metadata = level_.with_level(*part.streams()[stream_].labels, metadata, line);
    if (!sampler_->process(rows.times[row], line, metadata)) continue;
    const std::uint32_t series = series_of(sampler_->labels(), sampler_->has_error());
    if (positions) {
      const core::RowPosition position = position_of(part, rows, row);
      aggregator_->add(series, pane, {sampler_->value(), &position});
    } else {
      aggregator_->add(series, pane, {sampler_->value(), nullptr});
    }
  }
}

}  // namespace cordwood::exec
