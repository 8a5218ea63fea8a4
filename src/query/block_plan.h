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
#include "exec/encoded/block_text.h"
#include "exec/encoded/encoded_filters.h"
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
  // Null: no row of it passes the filters, or it could not be read, which the statistics say.
  std::shared_ptr<const segment::BlockRows> rows;
  exec::BlockVerdict verdict = exec::BlockVerdict::kSomeRows;
  std::vector<exec::RowRun> runs;  // of selected streams in range; each a short piece of work
  base::MemoryReservation memory;
  bool left_out = false;  // it could not be read
  // As in exec::ScanBlock.
  std::shared_ptr<const exec::RowBitmap> selection;
  std::shared_ptr<const segment::StoredLines> lines;

  exec::ScanBlock scan() const { return {*part, rows, verdict, selection, lines}; }
};

// What a query wants of a block.
struct BlockNeeds {
  segment::Columns columns;
  // Decide, where the part can tell before anything is read, whether the block is read at all. They outlive the call.
  const exec::EncodedFilters* filters = nullptr;
  // Lines are wanted even when all of them pass the filters.
  bool text = true;
  // Whoever reads the block takes encoded lines from LoadedBlock::lines: then positions and metadata are read only when
  // some row passes.
  bool lines_apart = false;
};

// Errors end the query: memory, cancellation, a store that is away. Damaged and vanished blocks do not.
base::Task<base::StatusOr<LoadedBlock>> load_block(const BlockPlan& plan, BlockRef ref, BlockNeeds needs,
                                                   QueryContext& context);

// The error of a block's scan: damage that showed only when lines were put together leaves the rest of the block out
// and is named in the statistics; other errors are given back.
base::Status leave_out_damage(const BlockPlan& plan, BlockRef ref, const base::Status& status, QueryContext& context);

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
