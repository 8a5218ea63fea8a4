// A segment for people: what it holds and where, section by section.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/status.h"
#include "base/task.h"
#include "segment/byte_source.h"

namespace cordwood::segment {

struct DumpOptions {
  // Of each table; the rest is counted in one line.
  std::size_t entries_max = 20;
  // Also the rows of the first blocks, at most entries_max of each.
  bool rows = false;
};

// Text of lines ending in LF. Verifies the tables; blocks only when rows are asked for. Errors as open_segment.
base::Task<base::StatusOr<std::string>> dump_segment(std::shared_ptr<ByteSource> source, DumpOptions options);

}  // namespace cordwood::segment
