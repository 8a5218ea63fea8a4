#include "codec/lines/word_set.h"

#include <algorithm>

namespace cordwood::codec::lines {

void WordSet::clear() {
  if (used_ != 0) std::ranges::fill(slots_, Slot{});
  used_ = 0;
}

void WordSet::count(std::uint64_t hash) {
  std::size_t i = hash % kSlots;
  while (slots_[i].times != 0 && slots_[i].hash != hash) i = (i + 1) % kSlots;
  if (slots_[i].times == 0) {
    if (used_ >= kSlots / 2) return;
    ++used_;
    slots_[i].hash = hash;
  }
  ++slots_[i].times;
}

}  // namespace cordwood::codec::lines
