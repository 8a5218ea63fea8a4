// The words of a text that are frequent enough to be part of templates.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace cordwood::codec::lines {

// Not collision-free: what it decides is where lines are cut, never what they say.
inline std::uint64_t word_hash(const char* word, std::size_t length) {
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;
  std::uint64_t hash = length * kMix;
  std::uint64_t part = 0;
  while (length >= 8) {
    std::memcpy(&part, word, 8);
    hash = (hash ^ part) * kMix;
    hash ^= hash >> 29;
    word += 8;
    length -= 8;
  }
  part = 0;
  std::memcpy(&part, word, length);
  hash = (hash ^ part) * kMix;
  return hash ^ (hash >> 32);
}

// Counts words, then tells the frequent ones. Its table has a fixed size: when it is full, words not seen before are
// not counted.
class WordSet {
 public:
  WordSet() : slots_(kSlots) {}

  void clear();
  void count(std::uint64_t hash);
  // From now on contains() is true for what was counted at least `times_min` times.
  void keep(std::uint32_t times_min) { times_min_ = times_min; }
  bool contains(std::uint64_t hash) const {
    for (std::size_t i = hash % kSlots; slots_[i].times != 0; i = (i + 1) % kSlots) {
      if (slots_[i].hash == hash) return slots_[i].times >= times_min_;
    }
    return false;
  }

 private:
  static constexpr std::size_t kSlots = 1u << 15;
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t times = 0;
  };
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::uint32_t times_min_ = 1;
};

}  // namespace cordwood::codec::lines
