// The tables of version 1 as text.
#pragma once

#include <cstddef>
#include <string>

#include "segment/v1/open.h"

namespace cordwood::segment::v1 {

void append_dump(const Tables& tables, std::size_t entries_max, std::string& out);

}  // namespace cordwood::segment::v1
