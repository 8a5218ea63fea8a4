// One page of a log query: the first rows behind a place, from all blocks that can hold them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "base/status.h"
#include "base/task.h"
#include "core/query_runner.h"
#include "exec/log_scan.h"
#include "exec/row_page.h"
#include "query/block_plan.h"
#include "query/query_context.h"

namespace cordwood::query {

struct PageRequest {
  core::Direction direction = core::Direction::kBackward;
  std::size_t rows_max = 0;
  std::size_t bytes_max = 0;
  std::optional<core::RowPosition> after;
};

// Visits blocks in the order of their newest (or oldest) time and stops when none of the rest can hold a wanted row.
// When a budget ends the query (QueryContext::out_of_budget), the rows found so far.
// `blocks` is sorted by the call. Memory: the page and a block for each worker.
base::Task<base::StatusOr<exec::RowPage::Result>> read_page(std::shared_ptr<const exec::LogPlan> plan,
                                                            BlockPlan& blocks, PageRequest request,
                                                            QueryContext& context);

}  // namespace cordwood::query
