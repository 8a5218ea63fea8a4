// Constants of all versions of the segment format: docs/formats/segment.md.
#pragma once

#include <cstdint>
#include <string_view>

namespace cordwood::segment {

inline constexpr std::string_view kHeaderMagic = "CORDWOOD";
inline constexpr std::string_view kTrailerMagic = "CWSEGEND";
inline constexpr std::uint16_t kNewestVersion = 2;
inline constexpr std::uint64_t kTrailerBytes = 32;
inline constexpr std::uint64_t kFooterBytesMax = 32 << 10;
// What a reader fetches first.
inline constexpr std::uint64_t kTailBytes = 64 << 10;

// A whole object; keeps sums of offsets far from overflow.
inline constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{1} << 46;

// Pages with at most this many unwanted bytes between them are fetched by one read.
inline constexpr std::uint64_t kReadGapBytesMax = 64 << 10;

inline constexpr std::uint32_t kBlockRowsMax = 64 << 10;
// Of a block's weight, which is the sum of its rows'.
inline constexpr std::uint64_t kBlockWeightMax = 8 << 20;
// Of a row that makes a block of its own.
inline constexpr std::uint64_t kRowWeightMax = 1 << 30;
// Lines of the blocks of one row group.
inline constexpr std::uint64_t kGroupBytesMax = 64 << 20;
// A pair of metadata weighs its bytes and this much, because it takes memory when it is read even if it is empty.
inline constexpr std::uint64_t kMetadataPairWeight = 16;

}  // namespace cordwood::segment
