// HiddenRows: which rows of stored blocks a deletion hides, remembered from query to query: to find them the lines of a
// block must be looked at, to leave them out not.
#pragma once

#include <memory>
#include <vector>

#include "base/hash.h"
#include "base/hash_map.h"
#include "base/mutex.h"
#include "segment/part.h"

namespace cordwood::store {

using HiddenRanges = std::shared_ptr<const std::vector<segment::RowRange>>;

// Of one deletion. Thread-safe, bounded.
class HiddenRows {
 public:
  // `content` is the hash of Part::content_key(). Null: not known.
  HiddenRanges get(base::Hash128 content, std::size_t block) const;
  void put(base::Hash128 content, std::size_t block, HiddenRanges ranges);

 private:
  // 8 MB of ranges. Beyond, everything is forgotten: it costs a second look.
  static constexpr std::size_t kRangesMax = 1 << 20;
  static constexpr std::size_t kRangesOfEntry = 16;  // what an entry without any costs
  static base::Hash128 key_of(base::Hash128 content, std::size_t block) { return {content.hi, content.lo + block}; }

  mutable base::Mutex mutex_;
  base::IntegerMap<base::Hash128, HiddenRanges> blocks_ GUARDED_BY(mutex_);
  std::size_t ranges_ GUARDED_BY(mutex_) = 0;
};

}  // namespace cordwood::store
