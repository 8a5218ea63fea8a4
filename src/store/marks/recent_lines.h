// RecentLines: Loki's rule that a line which a stream already has at the same timestamp, with the same metadata, is stored
// once, on a bounded window: an extra without promise. Only for unnamed bodies.
#pragma once

#include <cstdint>
#include <vector>

#include "base/hash_map.h"
#include "base/mutex.h"
#include "core/record.h"

namespace cordwood::store {

// Thread-safe: it has a mutex of its own, because looking through a large body takes longer than the store's mutex
// should be held.
class RecentLines {
 public:
  // Indexes, rising, of records of `batch` that repeat an earlier record of the batch or one in the window.
  // `line_hashes` has the hash of each record's line and metadata. Changes nothing.
  std::vector<std::uint32_t> repeated(const core::TenantId& tenant, const core::RecordBatch& batch,
                                      const std::vector<base::Hash128>& line_hashes) const;
  // Once the batch is durable. A line enters the window only here: a body that could not be stored comes again and must
  // not meet its own lines.
  void add(const core::TenantId& tenant, const core::RecordBatch& batch, const std::vector<base::Hash128>& line_hashes);

 private:
  struct Seen {
    core::UnixNanos time;
    base::Hash128 line;
  };
  struct Stream {
    core::UnixNanos newest = core::UnixNanos::min();
    std::vector<Seen> lines;
  };
  // The key is the stream's id mixed with the tenant.
  using Window = base::IntegerMap<base::Hash128, Stream>;

  // Two halves: when the young one is full it becomes the old one, which is dropped. Memory is at most
  // 2 x kLinesMax x 48 bytes (vectors grow by doubling).
  static constexpr std::size_t kLinesMax = 96 << 10;
  mutable base::Mutex mutex_;
  Window young_ GUARDED_BY(mutex_);
  Window old_ GUARDED_BY(mutex_);
  std::size_t young_lines_ GUARDED_BY(mutex_) = 0;
};

}  // namespace cordwood::store
