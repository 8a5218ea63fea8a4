// The tables of version 2 as text.
#pragma once

#include <cstddef>
#include <string>

#include "segment/v2/open.h"

namespace cordwood::segment::v2 {

void append_dump(const Tables& tables, std::size_t entries_max, std::string& out);

}  // namespace cordwood::segment::v2
