#pragma once

#include <cstdint>

#include "core/ids.h"
#include "core/record.h"

namespace cordwood::store {

// Positions of a source that are gone: an agent said so, or frames of a damaged journal held them.
struct LostRange {
  core::SourceId source;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  core::UnixNanos reported;
};

}  // namespace cordwood::store
