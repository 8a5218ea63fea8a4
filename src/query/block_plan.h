// Which blocks of which parts a query reads, and reading them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/memory_budget.h"
#include "base/status.h"
#include "base/task.h"
#include "core/time_range.h"
#include "exec/row_runs.h"
#include "exec/stream_selector.h"
#include "query/query_context.h"
#include "segment/part.h"

namespace cordwood::query {

struct PlannedPart {
  std::shared_ptr<const segment::Part> part;
  std::vector<bool> selected;  // by stream
};

struct BlockRef {
  std::uint32_t part = 0;   // index into BlockPlan::parts
  std::uint32_t block = 0;  // index into Part::blocks()
};

struct BlockPlan {
  core::TimeRange range;
  std::vector<PlannedPart> parts;
  std::vector<BlockRef> blocks;

  const segment::BlockInfo& info(const BlockRef& ref) const { return parts[ref.part].part->blocks()[ref.block]; }
};

// Parts are pruned by time and streams, blocks by time and range of streams. Figures go to the context's statistics.
BlockPlan plan_blocks(const std::vector<std::shared_ptr<const segment::Part>>& parts,
                      const exec::StreamSelector& selector, core::TimeRange range, QueryContext& context);

// The rows of a block and the memory that they are accounted with.
struct LoadedBlock {
  const segment::Part* part = nullptr;
  std::shared_ptr<const segment::BlockRows> rows;  // null: it could not be read, which the statistics say
  std::vector<exec::RowRun> runs;                  // of selected streams in range; each a short piece of work
  base::MemoryReservation memory;
};

// Errors end the query: memory, cancellation, a store that is away. Damaged and vanished blocks do not.
base::Task<base::StatusOr<LoadedBlock>> load_block(const BlockPlan& plan, BlockRef ref, segment::Columns columns,
                                                   QueryContext& context);

// Counts work, so that coroutines yield between slices of about 10 ms.
class SliceMeter {
 public:
  // True when it is time to yield.
  bool add(const core::QueryStats& before, const core::QueryStats& after) {
    done_ += after.bytes_processed - before.bytes_processed + 64 * (after.lines_processed - before.lines_processed);
    if (done_ < kSlice) return false;
    done_ = 0;
    return true;
  }

 private:
  static constexpr std::uint64_t kSlice = 1 << 20;
  std::uint64_t done_ = 0;
};

}  // namespace cordwood::query
