// Which rows of blocks passed the line filters of earlier queries. Never stale: see block_results.h.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/hash.h"
#include "base/mutex.h"
#include "exec/encoded/encoded_filters.h"
#include "exec/encoded/row_bitmap.h"
#include "query/weighted_lru.h"

namespace cordwood::query {

struct BlockSelectionKey {
  base::Hash128 content;  // of the part
  base::Hash128 filters;  // EncodedFilters::key()
  std::uint32_t block = 0;
  auto operator<=>(const BlockSelectionKey&) const = default;
};

struct BlockSelection {
  exec::BlockVerdict verdict = exec::BlockVerdict::kSomeRows;
  // With kSomeRows: which.
  std::shared_ptr<const exec::RowBitmap> rows;
};

// Thread-safe.
class BlockSelections {
 public:
  // Keeps at most so many bytes; 0: nothing.
  explicit BlockSelections(std::size_t bytes_max) : kept_(bytes_max) {}

  std::optional<BlockSelection> get(const BlockSelectionKey& key) {
    base::MutexLock lock(mutex_);
    return kept_.get(key);
  }
  void put(const BlockSelectionKey& key, BlockSelection selection) {
    // The entry itself, in the cache's map and list.
    constexpr std::size_t kEntryBytes = 224;
    const std::size_t bytes = kEntryBytes + (selection.rows == nullptr ? 0 : selection.rows->words().size_bytes());
    base::MutexLock lock(mutex_);
    kept_.put(key, std::move(selection), bytes);
  }

 private:
  base::Mutex mutex_;
  WeightedLru<BlockSelectionKey, BlockSelection> kept_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::query
