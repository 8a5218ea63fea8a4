// Constants of version 1: docs/formats/segment.md.
#pragma once

#include <cstdint>

namespace cordwood::segment::v1 {

inline constexpr std::uint16_t kVersion = 1;

}  // namespace cordwood::segment::v1
