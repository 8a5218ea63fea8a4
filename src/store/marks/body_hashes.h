// BodyHashes: which unnamed bodies were stored within the dedup window, so that a repeat is acknowledged and not
// stored.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "base/hash_map.h"
#include "base/sync.h"
#include "catalog/catalog.h"
#include "core/record_sink.h"

namespace cordwood::store {

// Not thread-safe: the store's mutex guards it.
class BodyHashes {
 public:
  BodyHashes(base::Executor& executor, base::nanoseconds window) : executor_(executor), window_(window) {}

  enum class Found { kNew, kRepeated, kPending };
  // kNew: the hash is pending until commit or roll_back. kPending: the first of its kind is being committed; wait for
  // `pending` and begin again.
  Found begin(base::Hash128 hash, core::UnixNanos arrival, std::shared_ptr<base::Event>& pending);
  void commit(base::Hash128 hash, core::UnixNanos arrival);
  void roll_back(base::Hash128 hash);

  // From the catalog, or from a frame (then it is dirty too).
  void restore(const catalog::BodyHashRow& row) { insert(row.hash, row.expires); }
  void replay(base::Hash128 hash, core::UnixNanos arrival);

  // Committed since the last call.
  std::vector<catalog::BodyHashRow> take_dirty() { return std::exchange(dirty_, {}); }
  void give_back_dirty(const std::vector<catalog::BodyHashRow>& rows) {
    dirty_.insert(dirty_.end(), rows.begin(), rows.end());
  }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    core::UnixNanos expires;
    std::shared_ptr<base::Event> pending;
  };
  void insert(base::Hash128 hash, core::UnixNanos expires);
  void expire(core::UnixNanos now);

  base::Executor& executor_;
  const base::nanoseconds window_;
  base::IntegerMap<base::Hash128, Entry> entries_;
  std::deque<catalog::BodyHashRow> by_age_;
  std::vector<catalog::BodyHashRow> dirty_;
};

// Over tenant and records (stream, time, line, metadata), in their order. `line_hashes` gets one hash a record.
base::Hash128 body_hash(const core::TenantId& tenant, const core::RecordBatch& batch,
                        std::vector<base::Hash128>& line_hashes);

}  // namespace cordwood::store
