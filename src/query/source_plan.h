// How the rows of one stream lie in the blocks, source by source: what reading in the order of the files needs to know.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/query_runner.h"
#include "query/block_plan.h"

namespace cordwood::query {

// The place of a row within its group. Named rows: the offset in their generation. Unnamed rows of a stream form one
// group, in which time comes first.
struct SourceKey {
  base::UnixNanos time;
  core::GenerationId generation;
  std::uint64_t offset = 0;
  auto operator<=>(const SourceKey&) const = default;

  static SourceKey of(const core::RowPosition& position, bool named) {
    if (named) return {{}, {}, position.offset};
    return {position.time, position.generation, position.offset};
  }
};

// The rows of a group in one block.
struct SourceExtent {
  BlockRef block;
  std::uint32_t stream = 0;  // index in the part
  SourceKey first;
};

// A generation of a file, or all unnamed rows.
struct SourceGroup {
  std::optional<core::GenerationId> generation;  // nullopt: unnamed rows
  base::UnixNanos first_time = base::UnixNanos::max();
  std::vector<SourceExtent> extents;

  bool takes(const segment::RowSource& source) const {
    return generation.has_value() ? source.named && source.generation == *generation : !source.named;
  }
};

// Collects the groups of a stream from its blocks' position columns.
class SourceGroups {
 public:
  void add(const segment::Part& part, const segment::BlockRows& rows, const exec::RowRun& run, BlockRef block);
  // Oldest first record first; extents by their first key.
  std::vector<SourceGroup> take();

 private:
  std::vector<SourceGroup> groups_;
};

// A stream and where it is.
struct StreamPlace {
  core::SharedLabels labels;
  struct InPart {
    std::uint32_t part = 0;  // index into BlockPlan::parts
    std::uint32_t stream = 0;
  };
  std::vector<InPart> parts;
};
// The selected streams in the order of their labels.
std::vector<StreamPlace> streams_in_order(const BlockPlan& plan);
// The planned blocks that can hold rows of the stream.
std::vector<BlockRef> blocks_of(const BlockPlan& plan, const StreamPlace::InPart& place);

}  // namespace cordwood::query
