// Constants of version 2: docs/formats/segment.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cordwood::segment::v2 {

inline constexpr std::uint16_t kVersion = 2;

// A table of templates or a directory, stored.
inline constexpr std::uint64_t kLinesTableBytesMax = (64 << 20) + 64;
// The pages of a block's lines may be larger than the lines by at most this much and by half.
inline constexpr std::uint64_t kLinePagesSlack = 1 << 20;
inline constexpr std::uint64_t kFilterBytesMax = 16 << 20;
inline constexpr std::uint64_t kRollupBytesMax = 64 << 20;
inline constexpr std::size_t kRollupLevelsMax = 32;
inline constexpr std::size_t kRollupLevelBytesMax = 64;

}  // namespace cordwood::segment::v2
