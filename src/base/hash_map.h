// The hash map of the project: abseil's flat_hash_map with XXH3. Keys that are strings can be looked up by
// std::string_view without a copy. References to elements are invalidated by any insertion.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace cordwood::base {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return hash64(text); }
};
struct StringEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};
// For integers, strong types with a `value`, and Hash128.
struct IntegerHash {
  static std::size_t mix(std::uint64_t x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93U;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93U;
    return x ^ (x >> 32);
  }
  std::size_t operator()(const Hash128& hash) const { return hash.hi ^ hash.lo; }
  template <typename T>
  std::size_t operator()(const T& key) const {
    if constexpr (requires { key.value; }) {
      return (*this)(key.value);
    } else {
      return mix(static_cast<std::uint64_t>(key));
    }
  }
};

template <typename V>
using StringMap = absl::flat_hash_map<std::string, V, StringHash, StringEqual>;
using StringSet = absl::flat_hash_set<std::string, StringHash, StringEqual>;
template <typename K, typename V>
using IntegerMap = absl::flat_hash_map<K, V, IntegerHash>;
template <typename K>
using IntegerSet = absl::flat_hash_set<K, IntegerHash>;

}  // namespace cordwood::base
