// XXH3 (xxhash.com): every non-cryptographic hash in Cordwood. The values are persisted, so they never change.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace cordwood::base {

struct Hash128 {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  auto operator<=>(const Hash128&) const = default;
};

std::uint64_t hash64(std::string_view bytes);
Hash128 hash128(std::string_view bytes);

// 32 lower-case hex digits, hi first.
std::string to_hex(Hash128 hash);
// False unless `text` is exactly 32 hex digits.
bool from_hex(std::string_view text, Hash128& hash);

// 16 bytes: hi then lo, both little-endian. For files and wire.
void append_bytes(Hash128 hash, std::string& out);
Hash128 hash128_from_bytes(const char* sixteen_bytes);

}  // namespace cordwood::base
