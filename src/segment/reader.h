// Opening a stored segment of any version ever written (docs/formats/segment.md).
#pragma once

#include <memory>

#include "base/status.h"
#include "base/task.h"
#include "segment/byte_source.h"
#include "segment/part.h"

namespace cordwood::segment {

// One read of the last 64 KiB opens most segments; a second one fetches larger tables. The part keeps `source` and, in
// memory, the streams, sources and block index (about 300 bytes a stream, 24 a source, 200 a block). Errors: DataLoss
// naming object, section, offset, wanted and found when the bytes are not a whole segment; Unimplemented for a version
// that this reader does not know; errors of the source as they are.
//
// read_block of the part makes one ranged read, or two when the columns asked for lie more than kReadGapBytesMax apart,
// and verifies the checksum of each column before looking at it. It decodes in one go (a few ms a block).
base::Task<base::StatusOr<std::shared_ptr<const Part>>> open_segment(std::shared_ptr<ByteSource> source);

}  // namespace cordwood::segment
