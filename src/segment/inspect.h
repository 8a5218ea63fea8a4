// Where the bytes of a segment go, for people: sections, columns beside the lines, templates and the columns of
// their variables, with example lines.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/status.h"
#include "base/task.h"
#include "segment/byte_source.h"

namespace cordwood::segment {

struct InspectOptions {
  std::size_t templates_max = 20;  // those of the most lines
  std::size_t columns_max = 20;    // those that take the most bytes
  std::size_t example_bytes_max = 200;
};

// Text of lines ending in LF. Reads and checks the whole segment. Errors as open_segment and read_block. Segments of
// version 1 have no templates: their sections alone.
base::Task<base::StatusOr<std::string>> inspect_segment(std::shared_ptr<ByteSource> source, InspectOptions options);

}  // namespace cordwood::segment
