// The slow, obvious twin of the engine: every query over a list of rows, window by window and step by step, straight
// from the definitions. Tests compare the engine with it.
#pragma once

#include <vector>

#include "base/status.h"
#include "core/query_runner.h"
#include "exec/step_grid.h"
#include "logql/ast.h"
#include "segment/mem_part.h"

namespace cordwood::exec {

// Rows of a log query in order of position, reversed for kBackward; [begin, end) of `range`. Options: all rows kept.
base::StatusOr<std::vector<core::Row>> reference_rows(const logql::LogExpr& log,
                                                      const std::vector<segment::MemRow>& rows, core::TimeRange range,
                                                      core::Direction direction, base::UnixNanos now);

// A labelled value at one step.
struct ReferenceSample {
  core::Labels labels;
  double value = 0;
};
using ReferenceVector = std::vector<ReferenceSample>;

// The value of the expression at each step of the grid; a scalar is one sample without labels.
base::StatusOr<std::vector<ReferenceVector>> reference_metric(const logql::MetricExpr& expr,
                                                              const std::vector<segment::MemRow>& rows, StepGrid grid,
                                                              base::UnixNanos now);

}  // namespace cordwood::exec
