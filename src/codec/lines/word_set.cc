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

void WordSet::keep(std::uint32_t times_min) {
  auto frequent = [times_min](const Slot& slot) { return slot.times >= times_min; };
  auto count = static_cast<std::size_t>(std::ranges::count_if(slots_, frequent));
  std::size_t size = std::bit_ceil(4 * count + 2);
  shift_ = static_cast<std::uint32_t>(64 - std::countr_zero(size));
  kept_.assign(size, 0);
  for (const Slot& slot : slots_) {
    if (!frequent(slot)) continue;
    std::size_t i = (slot.hash | 1) >> shift_;
    while (kept_[i] != 0) i = (i + 1) & (size - 1);
    kept_[i] = slot.hash | 1;
  }
}

}  // namespace cordwood::codec::lines
