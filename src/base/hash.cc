#include "base/hash.h"

#include <xxhash.h>

#include <cstring>

#include <fmt/format.h>

namespace cordwood::base {

std::uint64_t hash64(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Hash128 hash128(std::string_view bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.high64, h.low64};
}

std::string to_hex(Hash128 hash) {
  return fmt::format("{:016x}{:016x}", hash.hi, hash.lo);
}

bool from_hex(std::string_view text, Hash128& hash) {
  if (text.size() != 32) return false;
  std::uint64_t parts[2] = {0, 0};
  for (std::size_t i = 0; i < 32; ++i) {
    const char c = text[i];
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint64_t>(c - 'A' + 10);
    } else {
      return false;
    }
    parts[i / 16] = parts[i / 16] << 4 | digit;
  }
  hash = {parts[0], parts[1]};
  return true;
}

// The product runs on little-endian machines only (static_assert in codec), so the bytes are copied as they are.
void append_bytes(Hash128 hash, std::string& out) {
  out.append(reinterpret_cast<const char*>(&hash.hi), 8);
  out.append(reinterpret_cast<const char*>(&hash.lo), 8);
}

Hash128 hash128_from_bytes(const char* sixteen_bytes) {
  Hash128 hash;
  std::memcpy(&hash.hi, sixteen_bytes, 8);
  std::memcpy(&hash.lo, sixteen_bytes + 8, 8);
  return hash;
}

}  // namespace cordwood::base
