// One range aggregation over the rows of blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "base/memory_budget.h"
#include "base/status.h"
#include "core/query_runner.h"
#include "exec/encoded/block_text.h"
#include "exec/encoded/encoded_filters.h"
#include "exec/encoded/short_lines.h"
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
  // What may decide about a block before it is read. When it passes as a whole and needs_text() is false, the lines
  // need not be read.
  const EncodedFilters& filters() const { return encoded_; }
  bool needs_text() const { return needs_text_; }
  std::unique_ptr<RangeAggregator> make_aggregator(base::MemoryReservation memory) const {
    return make_aggregator(panes_, std::move(memory));
  }
  // Over other panes, which outlive it.
  std::unique_ptr<RangeAggregator> make_aggregator(const WindowPanes& panes, base::MemoryReservation memory) const;
  // Whether rollups of minutes may stand for rows: no row is looked at beyond its stream and level, and windows begin
  // and end between minutes.
  bool reads_rollups() const { return rollups_; }
  // The values of what `all` gathered, rows sorted by labels. Rows are charged to `memory` while the states behind them
  // are given back; where the budget is spent the rows so far are the answer and `spent` is its error. InvalidArgument
  // with Loki's text when a series carries an error of the pipeline that the query does not ask for.
  base::StatusOr<Matrix> finish(RangeAggregator& all, base::MemoryReservation& memory, base::Status& spent) const;

 private:
  friend class MetricWorker;
  explicit MetricPlan(WindowPanes panes) : panes_(panes) {}
  // Whether all rows of the stream without metadata (or whatever metadata they have) belong to one series.
  void decide_series(const logql::RangeAggregation& aggregation, const std::optional<logql::Grouping>& outer);
  base::StatusOr<Matrix> finish_absent(RangeAggregator& all) const;
  void decide_rollups(const logql::RangeAggregation& aggregation, const std::optional<logql::Grouping>& outer);

  WindowPanes panes_;
  StreamSelector selector_;
  LiteralFilters literals_;
  EncodedFilters encoded_;
  std::shared_ptr<const pipeline::SampleExtractor> extractor_;
  RangeKernel kernel_ = RangeKernel::kCount;
  double quantile_ = 0;
  bool line_bytes_ = false;  // the value of a row is the length of its line
  bool absent_ = false;      // absent_over_time
  core::Labels absent_labels_;
  bool fixed_series_ = false;      // labels do not depend on the row, metadata apart
  bool ignores_metadata_ = false;  // nor on metadata
  bool levels_ = false;
  bool needs_text_ = false;  // beyond the literals
  bool lengths_ = false;     // the value of a row is the length of its line, which may be known without the line
  bool rollups_ = false;
  std::vector<std::string> rollup_labels_;  // by which rows are grouped; not used when ignores_metadata_
  // The outcome for a row without metadata depends on the fields of these alone (ShortLines); empty: on more.
  FieldNeeds fields_;
  segment::Columns columns_;
};

// A thread's part of the work. Not thread-safe.
class MetricWorker {
 public:
  MetricWorker(std::shared_ptr<const MetricPlan> plan, base::MemoryReservation memory)
      : MetricWorker(plan, plan->panes(), std::move(memory)) {}
  // Over other panes, which outlive it.
  MetricWorker(std::shared_ptr<const MetricPlan> plan, const WindowPanes& panes, base::MemoryReservation memory);

  // Adds the rows of a run. Counts go to `stats`. Errors: memory; DataLoss of lines that are put together only now.
  base::Status scan(const ScanBlock& block, const RowRun& run, core::QueryStats& stats);
  // Adds all rows of the selected streams from the part's rollup. False, and nothing is added, when the rollup does not
  // tell. plan->reads_rollups().
  bool add_rollup(const segment::Part& part, const std::vector<bool>& selected, const segment::Rollup& rollup);
  RangeAggregator& aggregator() { return *aggregator_; }

 private:
  void use_stream(const segment::Part& part, std::uint32_t stream);
  // Whether rows of this block are counted without being looked at.
  bool only_counts(const segment::BlockRows& rows) const;
  void count_run(const segment::BlockRows& rows, const RowRun& run, core::QueryStats& stats);
  // The candidates from `begin` on, at most so many; `lines_` are theirs.
  base::Status scan_lot(const ScanBlock& block, std::size_t begin, std::size_t count, core::QueryStats& stats);
  // The series of a row, ungrouped for absent_over_time unless it has an error.
  std::uint32_t series_of(std::span<const pipeline::LabelView> labels, bool has_error);
  bool has_fixed_series(const segment::BlockRows& rows, std::uint32_t row, std::string_view line);
  void scan_fixed(const segment::BlockRows& rows);
  void scan_each(const segment::BlockRows& rows);
  // What the pipeline makes of a row.
  struct Outcome {
    bool kept = false;
    std::uint32_t series = 0;
    double value = 0;
  };
  Outcome process(const segment::BlockRows& rows, std::uint32_t row, std::string_view line);
  // The same for a row whose outcome depends on the line alone: lines cut down to few fields are often alike.
  Outcome process_once(const segment::BlockRows& rows, std::uint32_t row, std::string_view line);
  bool rollup_tells(const segment::Part& part, const std::vector<bool>& selected, const segment::Rollup& rollup) const;
  // Of row rows_[i], where the plan wants lengths.
  double length(const segment::BlockRows& rows, std::size_t i) const {
    return static_cast<double>(rows.lengths.empty() ? line(i).size() : rows.lengths[rows_[i]]);
  }
  std::string_view line(std::size_t i) const { return lines_.empty() ? std::string_view() : lines_[i]; }

  std::shared_ptr<const MetricPlan> plan_;
  std::unique_ptr<RangeAggregator> aggregator_;
  PaneCursor panes_;
  BlockText text_;
  ShortLines cutter_;
  std::vector<std::uint32_t> candidates_;
  std::vector<std::uint32_t> rows_;      // of the lot
  std::vector<std::string_view> lines_;  // of these rows; empty when no text is needed
  // State of the stream that is being read.
  const segment::Part* part_ = nullptr;
  std::uint32_t stream_ = 0;
  std::optional<pipeline::SampleRun> sampler_;
  std::optional<std::uint32_t> fixed_series_;
  base::StringMap<Outcome> known_;  // by line, of the stream
  LevelColumn level_;
};

}  // namespace cordwood::exec
