// The words of a text that are frequent enough to be part of templates.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace cordwood::codec::lines {

// The bytes behind `from`, of which at most 8 count.
inline std::uint64_t load_at_most_8(const char* from, std::size_t length) {
  std::uint64_t part = 0;
  std::memcpy(&part, from, 8);
  return part & (~std::uint64_t{0} >> (64 - 8 * length));
}

// Not collision-free: what it decides is where lines are cut, never what they say. 8 bytes behind the word must be
// readable.
inline std::uint64_t word_hash(const char* word, std::size_t length) {
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;
  std::uint64_t hash = length * kMix;
  while (length > 8) {
    std::uint64_t part = 0;
    std::memcpy(&part, word, 8);
    hash = (hash ^ part) * kMix;
    hash ^= hash >> 29;
    word += 8;
    length -= 8;
  }
  if (length != 0) hash = (hash ^ load_at_most_8(word, length)) * kMix;
  return hash ^ (hash >> 32);
}

// Whether `length` bytes are equal. 8 bytes behind either must be readable.
inline bool same_bytes(const char* a, const char* b, std::size_t length) {
  while (length > 8) {
    std::uint64_t x = 0;
    std::uint64_t y = 0;
    std::memcpy(&x, a, 8);
    std::memcpy(&y, b, 8);
    if (x != y) return false;
    a += 8;
    b += 8;
    length -= 8;
  }
  return length == 0 || load_at_most_8(a, length) == load_at_most_8(b, length);
}

// Joins the hashes of parts.
inline std::uint64_t next_hash(std::uint64_t hash, std::uint64_t part) {
  return (std::rotl(hash, 23) ^ part) * 0x9fb21c651e98df25;
}

// Counts words, then tells the frequent ones. Its table has a fixed size: when it is full, words not seen before are
// not counted.
class WordSet {
 public:
  WordSet() : slots_(kSlots) {}

  void clear();
  void count(std::uint64_t hash);
  // From now on contains() is true for what was counted at least `times_min` times.
  void keep(std::uint32_t times_min);
  bool contains(std::uint64_t hash) const {
    hash |= 1;
    std::size_t i = hash >> shift_;
    while (kept_[i] != 0 && kept_[i] != hash) i = (i + 1) & (kept_.size() - 1);
    return kept_[i] != 0;
  }

 private:
  static constexpr std::size_t kSlots = 1u << 15;
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t times = 0;
  };
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  // The frequent words alone, with the lowest bit set: few enough for the processor's nearest cache.
  std::vector<std::uint64_t> kept_ = std::vector<std::uint64_t>(2);
  std::uint32_t shift_ = 63;
};

}  // namespace cordwood::codec::lines
