// The blocks that one cursor read last, so that streams which share a block do not read it again and again.
#pragma once

#include <cstddef>
#include <list>
#include <memory>

#include "base/status.h"
#include "base/task.h"
#include "query/block_plan.h"

namespace cordwood::query {

// Not thread-safe.
class BlockKeeper {
 public:
  BlockKeeper(segment::Columns columns, std::size_t bytes_max) : columns_(columns), bytes_max_(bytes_max) {}

  base::Task<base::StatusOr<std::shared_ptr<const LoadedBlock>>> load(const BlockPlan& plan, BlockRef ref,
                                                                      QueryContext& context);
  void clear() { kept_.clear(); }

 private:
  struct Kept {
    BlockRef ref;
    std::shared_ptr<const LoadedBlock> block;
  };
  void evict();

  const segment::Columns columns_;
  const std::size_t bytes_max_;
  std::list<Kept> kept_;  // last used first
};

}  // namespace cordwood::query
