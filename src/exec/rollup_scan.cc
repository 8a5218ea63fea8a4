// Metric queries that rollups answer: rows are counted by minute, stream and level, and none is looked at.
#include <algorithm>
#include <variant>

#include "exec/metric_scan.h"
#include "pipeline/detect/level.h"

namespace cordwood::exec {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

bool whole_minutes(base::nanoseconds length) {
  return length.count() % kMinute == 0;
}

// Windows are open at their begin and closed at their end: the first time behind them begins a minute.
bool cut_between_minutes(const WindowPanes& panes) {
  const base::UnixNanos behind = panes.grid().start - panes.offset() + base::nanoseconds(1);
  return behind.value % kMinute == 0 && whole_minutes(panes.range()) &&
         (panes.grid().count == 1 || whole_minutes(panes.grid().step));
}

bool drops_errors_only(const logql::Stage& stage) {
  const auto* drop = std::get_if<logql::DropLabels>(&stage);
  return drop != nullptr && std::all_of(drop->choices.begin(), drop->choices.end(), [](const auto& choice) {
           return !choice.matcher.has_value() &&
                  (choice.name == pipeline::kErrorLabel || choice.name == pipeline::kErrorDetailsLabel);
         });
}

}  // namespace

void MetricPlan::decide_rollups(const logql::RangeAggregation& aggregation,
                                const std::optional<logql::Grouping>& outer) {
  const std::vector<logql::Stage>& stages = aggregation.range.log.stages;
  const bool counts = kernel_ == RangeKernel::kCount || kernel_ == RangeKernel::kCountRate;
  if (aggregation.range.unwrap.has_value() || !(counts || line_bytes_)) return;
  if (!std::all_of(stages.begin(), stages.end(), drops_errors_only) || !cut_between_minutes(panes_)) return;
  if (!absent_) {
    const std::optional<logql::Grouping>& grouping = aggregation.grouping.has_value() ? aggregation.grouping : outer;
    // Other labels than those named may be the rows' own.
    if (!grouping.has_value() || grouping->without) return;
    rollup_labels_ = grouping->labels;
  }
  rollups_ = true;
}

// A label that the stream does not have may be metadata of some rows, which a rollup does not know.
bool MetricWorker::rollup_tells(const segment::Part& part, const std::vector<bool>& selected,
                                const segment::Rollup& rollup) const {
  bool by_level = false;
  for (const std::string& label : plan_->rollup_labels_) {
    if (label == pipeline::kDetectedLevelLabel) {
      by_level = true;
      continue;
    }
    for (std::size_t i = 0; i < selected.size(); ++i) {
      if (selected[i] && !part.streams()[i].labels->has(label)) return false;
    }
  }
  const auto tells = [&](const segment::RollupEntry& entry) {
    constexpr std::int64_t kMinuteMax = 150'000'000;  // in the year 2255
    if (entry.minute < -kMinuteMax || entry.minute > kMinuteMax) return false;
    return !by_level || entry.level != 0 || part.streams()[entry.stream].labels->has(pipeline::kDetectedLevelLabel);
  };
  return std::all_of(rollup.entries.begin(), rollup.entries.end(),
                     [&](const segment::RollupEntry& entry) { return !selected[entry.stream] || tells(entry); });
}

bool MetricWorker::add_rollup(const segment::Part& part, const std::vector<bool>& selected,
                              const segment::Rollup& rollup) {
  if (!rollup_tells(part, selected, rollup)) return false;
  for (const segment::RollupEntry& entry : rollup.entries) {
    const base::UnixNanos minute{entry.minute * kMinute};
    if (!selected[entry.stream]) continue;
    const std::size_t pane = panes_.pane_of(minute);
    if (pane == WindowPanes::kNoPane) continue;
    use_stream(part, entry.stream);
    const core::MetadataPair level{pipeline::kDetectedLevelLabel, rollup.levels[entry.level]};
    const std::span<const core::MetadataPair> metadata(&level, entry.level == 0 ? 0 : 1);
    if (!sampler_->process(minute, {}, metadata)) continue;
    const std::uint32_t series = series_of(sampler_->labels(), sampler_->has_error());
    if (plan_->line_bytes_) {
      aggregator_->add(series, pane, {static_cast<double>(entry.line_bytes), nullptr});
    } else {
      aggregator_->add_count(series, pane, entry.rows);
    }
  }
  return true;
}

}  // namespace cordwood::exec
