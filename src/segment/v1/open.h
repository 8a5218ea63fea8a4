// Opens segments of version 1.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "base/task.h"
#include "segment/byte_source.h"
#include "segment/part.h"
#include "segment/trailer.h"
#include "segment/v1/tables.h"

namespace cordwood::segment::v1 {

// `tail` is the end of the object, with the footer at least. Reads the tables unless they are in it.
base::Task<base::StatusOr<Tables>> read_tables(std::shared_ptr<ByteSource> source, Trailer trailer, std::string tail);

base::Task<base::StatusOr<std::shared_ptr<const Part>>> open(std::shared_ptr<ByteSource> source, Trailer trailer,
                                                             std::string tail);

}  // namespace cordwood::segment::v1
