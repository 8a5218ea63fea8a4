// Variable-length integers: seven bits a byte, lowest first, high bit set on all bytes but the last (LEB128, as in
// protobuf). A u64 takes 1 to 10 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace cordwood::codec {

inline constexpr std::size_t kVarintBytesMax = 10;

// Small magnitudes of either sign become small unsigned values: 0, -1, 1, -2, ... -> 0, 1, 2, 3, ...
constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

constexpr std::size_t varint_bytes(std::uint64_t value) {
  return static_cast<std::size_t>(64 - __builtin_clzll(value | 1) + 6) / 7;
}

// Writes to `out`, which has room for kVarintBytesMax, and gives the end of what was written.
inline char* write_varint(char* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline void append_varint(std::string& out, std::uint64_t value) {
  char buffer[kVarintBytesMax];
  out.append(buffer, static_cast<std::size_t>(write_varint(buffer, value) - buffer));
}

namespace varint_internal {
const char* read_varint_slow(const char* at, const char* end, std::uint64_t& value);
}

// Reads one varint from [at, end) and gives the position after it, or nullptr when it is cut off or does not fit in 64
// bits. Longer forms than needed are accepted.
inline const char* read_varint(const char* at, const char* end, std::uint64_t& value) {
  if (at != end && static_cast<unsigned char>(*at) < 0x80) [[likely]] {
    value = static_cast<unsigned char>(*at);
    return at + 1;
  }
  return varint_internal::read_varint_slow(at, end, value);
}

}  // namespace cordwood::codec
