// One range aggregation over the rows of blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/memory_budget.h"
#include "base/status.h"
#include "core/query_runner.h"
#include "exec/level_column.h"
#include "exec/literal_filters.h"
#include "exec/matrix.h"
#include "exec/range_aggregator.h"
#include "exec/row_runs.h"
#include "exec/step_grid.h"
#include "exec/stream_selector.h"
#include "logql/ast.h"
#include "pipeline/sample_extractor.h"
#include "segment/part.h"

namespace cordwood::exec {

// What is the same for all workers. Immutable and thread-safe after build.
class MetricPlan {
 public:
  // `outer` as in pipeline::SampleExtractor::build. `levels`: rows have detected_level. Errors: InvalidArgument with
  // Loki's text.
  static base::StatusOr<std::shared_ptr<const MetricPlan>> build(const logql::RangeAggregation& aggregation,
                                                                 const std::optional<logql::Grouping>& outer,
                                                                 StepGrid grid, base::UnixNanos now,
                                                                 bool levels = false);

  const StreamSelector& selector() const { return selector_; }
  const WindowPanes& panes() const { return panes_; }
  core::TimeRange times() const { return panes_.times(); }
  // What the workers need of a block: a count without filters reads neither text nor positions.
  segment::Columns columns() const { return columns_; }
  std::unique_ptr<RangeAggregator> make_aggregator(base::MemoryReservation memory) const;
  // The values of what `all` gathered, rows sorted by labels. InvalidArgument with Loki's text when a series carries an
  // error of the pipeline that the query does not ask for.
  base::StatusOr<Matrix> finish(RangeAggregator& all) const;

 private:
  friend class MetricWorker;
  explicit MetricPlan(WindowPanes panes) : panes_(panes) {}
  // Whether all rows of the stream without metadata (or whatever metadata they have) belong to one series.
  void decide_series(const logql::RangeAggregation& aggregation, const std::optional<logql::Grouping>& outer);
  base::StatusOr<Matrix> finish_absent(RangeAggregator& all) const;

  WindowPanes panes_;
  StreamSelector selector_;
  LiteralFilters literals_;
  std::shared_ptr<const pipeline::SampleExtractor> extractor_;
  RangeKernel kernel_ = RangeKernel::kCount;
  double quantile_ = 0;
  bool line_bytes_ = false;  // the value of a row is the length of its line
  bool absent_ = false;      // absent_over_time
  core::Labels absent_labels_;
  bool fixed_series_ = false;      // labels do not depend on the row, metadata apart
  bool ignores_metadata_ = false;  // nor on metadata
  bool levels_ = false;
  segment::Columns columns_;
};

// A thread's part of the work. Not thread-safe.
class MetricWorker {
 public:
  MetricWorker(std::shared_ptr<const MetricPlan> plan, base::MemoryReservation memory);

  // Adds the rows of a run. Counts go to `stats`.
  base::Status scan(const segment::Part& part, const segment::BlockRows& rows, const RowRun& run,
                    core::QueryStats& stats);
  RangeAggregator& aggregator() { return *aggregator_; }

 private:
  void use_stream(const segment::Part& part, std::uint32_t stream);
  // The series of a row, ungrouped for absent_over_time unless it has an error.
  std::uint32_t series_of(std::span<const pipeline::LabelView> labels, bool has_error);
  void scan_fixed(const segment::BlockRows& rows);
  void count_rows(std::span<const base::UnixNanos> times, std::uint32_t series);
  void scan_each(const segment::Part& part, const segment::BlockRows& rows);

  std::shared_ptr<const MetricPlan> plan_;
  std::unique_ptr<RangeAggregator> aggregator_;
  PaneCursor panes_;
  std::vector<std::uint32_t> candidates_;
  std::vector<base::UnixNanos> times_;
  // State of the stream that is being read.
  const segment::Part* part_ = nullptr;
  std::uint32_t stream_ = 0;
  std::optional<pipeline::SampleRun> sampler_;
  std::optional<std::uint32_t> fixed_series_;
  LevelColumn level_;
};

}  // namespace cordwood::exec
