// Constants of docs/formats/lines.md.
#pragma once

#include <cstdint>

namespace cordwood::codec::lines {

// Caps of one row group. What exceeds them goes into the rest of a line or follows no template.
inline constexpr std::uint32_t kTextTemplatesMax = 1'024;  // of the lines; and of each nested text
inline constexpr std::uint32_t kTemplatesMax = 8'192;      // of all texts
inline constexpr std::uint32_t kVariablesMax = 256;        // of a template
inline constexpr std::uint64_t kStaticBytesMax = 1u << 20;
inline constexpr std::uint32_t kTextsMax = 256;
inline constexpr std::uint32_t kColumnsMax = 65'536;
inline constexpr std::uint32_t kPagesMax = 65'536;
inline constexpr std::uint64_t kPageRawMax = (1ull << 30) + (1ull << 24);
inline constexpr std::uint64_t kSectionRawMax = 64ull << 20;
// zstd's best ratio.
inline constexpr std::uint64_t kRatioMax = 32'768;
inline constexpr std::uint32_t kStreamsMax = 3;  // of a column

enum class Encoding : std::uint8_t {
  kNone = 0,
  kConstant = 1,
  kIntegers = 2,
  kDictionary = 3,
  kBytes = 4,
  kNested = 5,
  kTimes = 6,
  kRepeats = 7,
};

inline constexpr Encoding kEncodingLast = Encoding::kRepeats;

// How integers become bytes: transform in the low four bits, layout in the high four.
inline constexpr std::uint8_t kTransformLessMin = 0;
inline constexpr std::uint8_t kTransformDelta = 1;
// Layout 0: varints. 1 to 8: that many bytes a value, the lowest bytes of all values first, then the next, ...
inline constexpr std::uint8_t kLayoutVarint = 0;

inline constexpr std::uint8_t kPlain = 1;
inline constexpr std::uint8_t kZstd = 2;
inline constexpr std::uint8_t kZstdShared = 3;  // a page compressed with the shared text of its row group as prefix

// Of the text that the blocks of a row group share.
inline constexpr std::uint64_t kSharedTextMax = 1ull << 20;

}  // namespace cordwood::codec::lines
