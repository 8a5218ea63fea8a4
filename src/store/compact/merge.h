// Merging parts: the rows of several sorted parts as one, with a block of each input in memory.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "base/task.h"
#include "segment/part.h"
#include "segment/writer.h"

namespace cordwood::store {

// Gives all rows of `parts` to `writer`. Fails with the first error of a block; the writer's bytes are then useless.
// Yields after every block's worth of rows.
base::Task<base::Status> merge_parts(base::Executor& executor, std::vector<std::shared_ptr<const segment::Part>> parts,
                                     segment::SegmentWriter& writer);

}  // namespace cordwood::store
