// The rows of several chunks of one tenant in the order of a part: what merging chunks and flushing them share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/hash_map.h"
#include "core/time_range.h"
#include "store/head/chunk.h"

namespace cordwood::store {

using Chunks = std::vector<std::shared_ptr<const Chunk>>;

// Rows [begin, end) of one chunk; all of one stream, sorted.
struct RowRun {
  std::uint32_t chunk = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};
struct RowRef {
  std::uint32_t chunk = 0;
  std::uint32_t row = 0;
};

struct MergedStream {
  core::SharedLabels labels;
  core::StreamId id;
  std::vector<RowRun> runs;
};

// Collects the runs of chunks by stream, one chunk after the other so that the caller may yield between.
class StreamMerger {
 public:
  void add(const core::SharedLabels& labels, core::StreamId id, RowRun run);
  // All rows of the chunk.
  void add_chunk(std::uint32_t chunk_index, const Chunk& chunk);
  // Sorted by labels.
  std::vector<MergedStream> finish();

 private:
  base::IntegerMap<core::StreamId, std::uint32_t> index_;
  std::vector<MergedStream> streams_;
};

// The rows of one stream, sorted by (time, generation, offset), into `out` (cleared first). Costs a copy when the runs
// follow each other in time, as they mostly do, and a sort otherwise. Sorts the runs.
void order_rows(const Chunks& chunks, MergedStream& stream, std::vector<RowRef>& out);

// First row of [begin, end), rows of one stream of the chunk, whose time is not before `time`.
std::uint32_t first_not_before(const Chunk& chunk, std::uint32_t begin, std::uint32_t end, core::UnixNanos time);

}  // namespace cordwood::store
