// A log query over the rows of blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "core/query_runner.h"
#include "exec/encoded/block_text.h"
#include "exec/encoded/encoded_filters.h"
#include "exec/level_column.h"
#include "exec/literal_filters.h"
#include "exec/row_page.h"
#include "exec/row_runs.h"
#include "exec/stream_selector.h"
#include "logql/ast.h"
#include "pipeline/pipeline.h"
#include "segment/part.h"

namespace cordwood::exec {

// What is the same for all workers. Immutable and thread-safe after build.
class LogPlan {
 public:
  // InvalidArgument with Loki's text for what Loki rejects when it builds a pipeline.
  static base::StatusOr<std::shared_ptr<const LogPlan>> build(const logql::LogExpr& log, base::UnixNanos now,
                                                              core::LevelUse levels = core::LevelUse::kNever);

  const StreamSelector& selector() const { return selector_; }
  static segment::Columns columns() { return {.encoded_lines = true}; }
  // What may decide about a block before it is read.
  const EncodedFilters& filters() const { return encoded_; }

 private:
  friend class LogWorker;
  friend class LiveFilter;
  LogPlan() = default;
  StreamSelector selector_;
  LiteralFilters literals_;
  EncodedFilters encoded_;
  std::shared_ptr<const pipeline::Pipeline> pipeline_;
  bool level_in_stages_ = false;  // stages see detected_level
  bool level_in_rows_ = false;    // stages do not look at it, so only rows that are given out get it
};

// A thread's part of the work. Not thread-safe. Errors: DataLoss of lines that are put together only now.
class LogWorker {
 public:
  explicit LogWorker(std::shared_ptr<const LogPlan> plan)
      : plan_(std::move(plan)), text_(plan_->literals_, plan_->encoded_) {}

  // Adds the rows of a run that pass and that `page` wants. Runs are best given in the page's direction.
  base::Status scan(const ScanBlock& block, const RowRun& run, RowPage& page, core::QueryStats& stats);
  // Appends all rows of a run that pass and whose index `accept` takes, in the order of the block.
  base::Status scan_all(const ScanBlock& block, const RowRun& run, const std::function<bool(std::uint32_t)>& accept,
                        std::vector<core::Row>& out, core::QueryStats& stats);

 private:
  void use_stream(const segment::Part& part, std::uint32_t stream);
  // Goes to the run and finds the rows that pass the line filters.
  base::Status find_candidates(const ScanBlock& block, const RowRun& run, core::QueryStats& stats);
  // Appends what leaves the pipeline of the rows given, in their order.
  base::Status make_rows(const ScanBlock& block, std::span<const std::uint32_t> rows, std::vector<core::Row>& out);
  // The row as it leaves the pipeline, or nullopt.
  std::optional<core::Row> make_row(const ScanBlock& block, std::uint32_t row, std::string_view line);
  core::SharedLabels stream_labels();

  std::shared_ptr<const LogPlan> plan_;
  BlockText text_;
  std::vector<std::uint32_t> candidates_;
  std::vector<std::uint32_t> wanted_;
  // State of the stream that is being read.
  const segment::Part* part_ = nullptr;
  std::uint32_t stream_ = 0;
  std::optional<pipeline::PipelineRun> run_;
  core::SharedLabels changed_labels_;  // the last that a stage made of the stream's
  LevelColumn level_;
};

}  // namespace cordwood::exec
