// One range aggregation over the blocks of its selector.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/task.h"
#include "exec/matrix.h"
#include "exec/range_leaves.h"
#include "exec/step_grid.h"
#include "query/query_context.h"
#include "segment/part.h"

namespace cordwood::query {

// Rows sorted by labels; their memory is charged to `memory`. `key`: the text of what is read and how it is grouped.
// `levels`: rows have detected_level.
base::Task<base::StatusOr<exec::Matrix>> run_range(const exec::RangeLeaf& leaf, std::string_view key,
                                                   exec::StepGrid grid, bool levels,
                                                   const std::vector<std::shared_ptr<const segment::Part>>& parts,
                                                   QueryContext& context, base::MemoryReservation& memory);

}  // namespace cordwood::query
