// Constants that versions 1 and 2 share: docs/formats/segment.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cordwood::segment::pages {

enum class Encoding : std::uint8_t { kAbsent = 0, kPlain = 1, kZstd = 2 };

// The pages of a block beside its lines, in the order in which they are stored.
enum class PageKind : std::uint8_t { kTimes, kStreams, kLengths, kPositions, kMetadata };
inline constexpr std::size_t kPagesPerBlock = 5;
inline constexpr std::string_view kPageNames[kPagesPerBlock] = {"times", "streams", "lengths", "positions", "metadata"};

// The tables before the footer, in the order in which they are stored.
enum class TableKind : std::uint8_t { kStreams, kSources, kBlocks };
inline constexpr std::size_t kTables = 3;
inline constexpr std::string_view kTableNames[kTables] = {"stream table", "source table", "block index"};
inline constexpr std::uint64_t kTableBytesMax = 256 << 20;

// Best ratio of zstd: a block of 128 KiB in 4 bytes.
inline constexpr std::uint64_t kExpansionMax = 32768;

enum class TimesForm : std::uint8_t { kDeltas = 0, kDeltasOfDeltas = 1 };
enum class OffsetsForm : std::uint8_t { kCounting = 0, kAfterLine = 1 };

inline constexpr std::uint8_t kSourceNamed = 1;
inline constexpr std::uint8_t kSourceSameHigh = 2;

}  // namespace cordwood::segment::pages
