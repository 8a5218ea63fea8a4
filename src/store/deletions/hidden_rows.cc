#include "store/deletions/hidden_rows.h"

namespace cordwood::store {

HiddenRanges HiddenRows::get(base::Hash128 content, std::size_t block) const {
  base::MutexLock lock(mutex_);
  const auto found = blocks_.find(key_of(content, block));
  return found == blocks_.end() ? nullptr : found->second;
}

void HiddenRows::put(base::Hash128 content, std::size_t block, HiddenRanges ranges) {
  const std::size_t cost = ranges->size() + kRangesOfEntry;
  base::MutexLock lock(mutex_);
  if (ranges_ + cost > kRangesMax) {
    blocks_.clear();
    ranges_ = 0;
  }
  if (blocks_.insert_or_assign(key_of(content, block), std::move(ranges)).second) ranges_ += cost;
}

}  // namespace cordwood::store
