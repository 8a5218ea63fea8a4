#include "exec/metric_scan.h"

#include <algorithm>

#include "base/check.h"
#include "exec/grouping.h"

namespace cordwood::exec {
namespace {

using logql::RangeOp;

// Rows whose text is put together at a time.
constexpr std::size_t kLotRows = 1024;

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

// Grows `memory` to `wanted` bytes. Where the budget is spent the last series are given up for it, down to the one at
// `at`, and the error says so.
base::Status make_room(RangeAggregator& all, std::span<const std::uint32_t> order, std::size_t at, std::size_t& last,
                       std::size_t wanted, base::MemoryReservation& memory) {
  constexpr std::size_t kStep = 256 << 10;
  constexpr std::size_t kSeriesAtOnce = 64;
  base::Status first = base::ok_status();
  while (true) {
    const base::Status grown = memory.grow(std::max(wanted - memory.bytes(), kStep));
    if (grown.ok()) return first;
    if (first.ok()) first = grown;
    if (last <= at + 1) return first;
    for (std::size_t i = 0; i < kSeriesAtOnce && last > at + 1; ++i) all.forget(order[--last]);
    all.trim();
  }
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
  plan->encoded_ = EncodedFilters(plan->literals_);
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
  plan->needs_text_ = levels || std::any_of(stages.begin(), stages.end(), reads_line);
  plan->lengths_ = plan->line_bytes_ && !plan->needs_text_;
  if (!levels && !plan->line_bytes_ && plan->extractor_->pipeline().line_filters().empty()) {
    plan->fields_ = field_needs(stages, plan->extractor_->hints());
  }
  plan->columns_ = {.lines = plan->needs_text_ || !plan->literals_.empty(),
                    .positions = positions,
                    .metadata = !plan->ignores_metadata_,
                    .encoded_lines = true,
                    .lengths = plan->lengths_};
  plan->decide_rollups(aggregation, outer);
  return std::shared_ptr<const MetricPlan>(std::move(plan));
}

void MetricPlan::decide_series(const logql::RangeAggregation& aggregation,
                               const std::optional<logql::Grouping>& outer) {
  fixed_series_ = extractor_->only_line_filters() && !levels_;
  const std::optional<logql::Grouping>& grouping = aggregation.grouping.has_value() ? aggregation.grouping : outer;
  const bool no_labels = grouping.has_value() && !grouping->without && grouping->labels.empty();
  ignores_metadata_ = fixed_series_ && (no_labels || absent_);
}

std::unique_ptr<RangeAggregator> MetricPlan::make_aggregator(const WindowPanes& panes,
                                                             base::MemoryReservation memory) const {
  return RangeAggregator::make(kernel_, quantile_, panes, std::move(memory));
}

base::StatusOr<Matrix> MetricPlan::finish(RangeAggregator& all, base::MemoryReservation& memory,
                                          base::Status& spent) const {
  const std::vector<std::uint32_t> order = all.sorted_series();
  for (const std::uint32_t series : order) {
    if (fails_query(all.series().labels(series))) return pipeline_error(all.series().labels(series));
  }
  if (absent_) return finish_absent(all);
  Matrix matrix{panes_.grid().count, {}};
  if (order.empty()) return matrix;
  // Twice the values: what operators and the answer make of a row stands beside it for a moment.
  const std::size_t row_bytes =
      sizeof(MatrixRow) + 2 * matrix.steps * sizeof(double) + all.series().bytes() / all.series().size();
  std::size_t taken = 0;
  std::size_t last = order.size();
  for (std::size_t i = 0; i < last; ++i) {
    taken += row_bytes;
    const std::size_t wanted = taken + all.finish_bytes(order[i]);
    if (wanted > memory.bytes()) {
      const base::Status grown = make_room(all, order, i, last, wanted, memory);
      if (!grown.ok()) spent = grown;
    }
    if (wanted > memory.bytes()) break;
    MatrixRow row{all.series().labels(order[i]), std::vector<double>(matrix.steps)};
    all.finish(order[i], row.values);
    all.forget(order[i]);
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

MetricWorker::MetricWorker(std::shared_ptr<const MetricPlan> plan, const WindowPanes& panes,
                           base::MemoryReservation memory)
    : plan_(std::move(plan)),
      aggregator_(plan_->make_aggregator(panes, std::move(memory))),
      panes_(panes),
      text_(plan_->literals_, plan_->encoded_),
      cutter_(plan_->fields_) {}

void MetricWorker::use_stream(const segment::Part& part, std::uint32_t stream) {
  if (part_ == &part && stream_ == stream && sampler_.has_value()) return;
  part_ = &part;
  stream_ = stream;
  sampler_.emplace(plan_->extractor_, *part.streams()[stream].labels);
  fixed_series_.reset();
  known_.clear();
}

std::uint32_t MetricWorker::series_of(std::span<const pipeline::LabelView> labels, bool has_error) {
  if (plan_->absent_ && !has_error) return aggregator_->series().intern(std::span<const pipeline::LabelView>());
  return aggregator_->series().intern(labels);
}

bool MetricWorker::only_counts(const segment::BlockRows& rows) const {
  return plan_->fixed_series_ && !plan_->needs_text_ && !plan_->lengths_ && !aggregator_->needs_position() &&
         text_.counts_without_rows() && (plan_->ignores_metadata_ || rows.metadata_begin.empty());
}

base::Status MetricWorker::scan(const ScanBlock& block, const RowRun& run, core::QueryStats& stats) {
  use_stream(block.part, run.stream);
  RETURN_IF_ERROR(text_.use(block));
  if (only_counts(*block.rows)) {
    count_run(*block.rows, run, stats);
    return aggregator_->charge();
  }
  text_.select(run, stats, candidates_);
  for (std::size_t begin = 0; begin < candidates_.size(); begin += kLotRows) {
    RETURN_IF_ERROR(scan_lot(block, begin, std::min(kLotRows, candidates_.size() - begin), stats));
  }
  return aggregator_->charge();
}

// Pane by pane: rows of a run are sorted by time.
void MetricWorker::count_run(const segment::BlockRows& rows, const RowRun& run, core::QueryStats& stats) {
  text_.count_run(run, stats);
  const auto times = std::span(rows.times).subspan(0, run.end);
  std::uint32_t begin = run.begin;
  while (begin < run.end) {
    const WindowPanes::Pane& pane = panes_.locate(times[begin]);
    const auto first_behind = std::upper_bound(times.begin() + begin + 1, times.end(), pane.last);
    const auto end = static_cast<std::uint32_t>(first_behind - times.begin());
    const std::uint32_t count = text_.count(begin, end);
    if (count != 0 && has_fixed_series(rows, begin, {})) {
      stats.lines_matched += count;
      if (pane.index != WindowPanes::kNoPane) aggregator_->add_count(*fixed_series_, pane.index, count);
    }
    begin = end;
  }
}

base::Status MetricWorker::scan_lot(const ScanBlock& block, std::size_t begin, std::size_t count,
                                    core::QueryStats& stats) {
  const auto lot = std::span(candidates_).subspan(begin, count);
  rows_.assign(lot.begin(), lot.end());
  lines_.clear();
  if (plan_->needs_text_ || (plan_->lengths_ && block.rows->lengths.empty())) {
    ASSIGN_OR_RETURN(const auto lines,
                     plan_->fields_.empty() ? text_.lines_of(rows_) : text_.short_lines_of(rows_, cutter_));
    lines_.assign(lines.begin(), lines.end());
    const pipeline::LineFilters& filters = plan_->extractor_->pipeline().line_filters();
    if (!filters.empty()) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (!filters.matches(lines_[i])) continue;
        rows_[kept] = rows_[i];
        lines_[kept++] = lines_[i];
      }
      rows_.resize(kept);
      lines_.resize(kept);
    }
  }
  stats.lines_matched += rows_.size();
  if (plan_->fixed_series_ && (plan_->ignores_metadata_ || block.rows->metadata_begin.empty())) {
    scan_fixed(*block.rows);
  } else {
    scan_each(*block.rows);
  }
  return base::ok_status();
}

// The one series of all rows of the stream, found with any row that passes.
bool MetricWorker::has_fixed_series(const segment::BlockRows& rows, std::uint32_t row, std::string_view line) {
  if (fixed_series_.has_value()) return true;
  if (!sampler_->process(rows.times[row], line, {})) return false;
  fixed_series_ = series_of(sampler_->labels(), sampler_->has_error());
  return true;
}

// All rows belong to one series, and their values need no labels.
void MetricWorker::scan_fixed(const segment::BlockRows& rows) {
  if (rows_.empty() || !has_fixed_series(rows, rows_[0], line(0))) return;
  const bool counts = !plan_->line_bytes_ && !aggregator_->needs_position();
  for (std::size_t i = 0; i < rows_.size();) {
    const std::size_t pane = panes_.pane_of(rows.times[rows_[i]]);
    std::size_t end = i + 1;
    if (counts) {
      while (end < rows_.size() && panes_.pane_of(rows.times[rows_[end]]) == pane) ++end;
    }
    if (pane != WindowPanes::kNoPane && counts) aggregator_->add_count(*fixed_series_, pane, end - i);
    if (pane != WindowPanes::kNoPane && !counts) {
      aggregator_->add(*fixed_series_, pane, {length(rows, i), nullptr});
    }
    i = end;
  }
}

MetricWorker::Outcome MetricWorker::process(const segment::BlockRows& rows, std::uint32_t row, std::string_view line) {
  std::span<const core::MetadataPair> metadata = rows.metadata_of(row);
  if (plan_->levels_) metadata = level_.with_level(*part_->streams()[stream_].labels, metadata, line);
  if (!sampler_->process(rows.times[row], line, metadata)) return {};
  return {true, series_of(sampler_->labels(), sampler_->has_error()), sampler_->value()};
}

MetricWorker::Outcome MetricWorker::process_once(const segment::BlockRows& rows, std::uint32_t row,
                                                 std::string_view line) {
  // Beyond so many lines are hardly ever alike.
  constexpr std::size_t kLinesMax = 4096;
  constexpr std::size_t kLineBytesMax = 256;
  if (line.size() > kLineBytesMax || known_.size() >= kLinesMax) return process(rows, row, line);
  const auto found = known_.find(line);
  if (found != known_.end()) return found->second;
  const Outcome outcome = process(rows, row, line);
  known_.emplace(std::string(line), outcome);
  return outcome;
}

void MetricWorker::scan_each(const segment::BlockRows& rows) {
  const bool positions = aggregator_->needs_position();
  const bool by_line = !plan_->fields_.empty() && rows.metadata_begin.empty();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::uint32_t row = rows_[i];
    const std::size_t pane = panes_.pane_of(rows.times[row]);
    if (pane == WindowPanes::kNoPane) continue;
    const Outcome outcome = by_line ? process_once(rows, row, line(i)) : process(rows, row, line(i));
    if (!outcome.kept) continue;
    const double value = plan_->lengths_ ? length(rows, i) : outcome.value;
    if (positions) {
      const core::RowPosition position = position_of(*part_, rows, row);
      aggregator_->add(outcome.series, pane, {value, &position});
    } else {
      aggregator_->add(outcome.series, pane, {value, nullptr});
    }
  }
}

}  // namespace cordwood::exec
