// SourceTable: the mark of each named source, and the answer to each slice by the table of docs/protocols/native.md.
//
// A slice is begun (its source is then busy), made durable, and committed or rolled back. Whoever meets a busy source
// waits for its `released` event and begins again, so that an answer always speaks of a durable mark. All sources of a
// request are begun together or none is: two requests can never wait for each other.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "base/sync.h"
#include "catalog/catalog.h"
#include "core/record_sink.h"
#include "store/marks/lost_range.h"

namespace cordwood::store {

struct SourceIdHash {
  std::size_t operator()(const core::SourceId& id) const {
    // 128 random bits already; two hosts or tenants with one generation id are rare enough to share a bucket.
    return id.generation.value.hi ^ id.generation.value.lo;
  }
};

// Not thread-safe: the store's mutex guards it.
class SourceTable {
 public:
  struct Move {
    core::SourceId id;
    core::Mark to;
  };
  // What a request will have done to the marks once it is durable.
  struct Decision {
    std::vector<core::SliceVerdict> verdicts;  // one for each slice; true once the moves are committed
    std::vector<bool> stored;                  // the same as bits
    std::vector<Move> moves;                   // one for each source that moves
    std::vector<LostRange> lost;
    bool stores_anything() const { return !moves.empty(); }
  };

  explicit SourceTable(base::Executor& executor) : executor_(executor) {}

  // The event to wait for before the slices of `batch` can be judged; null when none of its sources is busy.
  std::shared_ptr<base::Event> busy(const core::TenantId& tenant, const core::RecordBatch& batch) const;
  // Judges each slice of a batch with no busy source, in order, and makes the sources that move busy. Unknown sources
  // are registered with their base.
  Decision begin(const core::TenantId& tenant, const core::RecordBatch& batch, core::UnixNanos now);
  void commit(const Decision& decision, core::UnixNanos now);
  void roll_back(const Decision& decision);

  // --- recovery ---
  void restore(catalog::SourceRow row);
  // Applies the slices that the frame says were stored. A slice that does not begin at the mark shows that frames
  // before it were lost; the range between is recorded.
  void replay(const core::TenantId& tenant, const core::RecordBatch& batch, const std::vector<bool>& stored,
              core::UnixNanos arrival);

  // --- flush ---
  struct Dirty {
    std::shared_ptr<const core::SourceInfo> info;
    core::Mark mark;
    core::UnixNanos updated;
  };
  // Sources whose committed mark is not in the catalog; they count as written from now on.
  std::vector<Dirty> take_dirty();
  // The flush failed: they are dirty again.
  void give_back_dirty(const std::vector<Dirty>& dirty);

  std::vector<core::SourceState> list(const core::TenantId& tenant, const std::string& host,
                                      const std::vector<core::GenerationId>& only) const;
  const std::deque<LostRange>& lost() const { return lost_; }
  std::uint64_t lost_bytes() const { return lost_bytes_; }
  std::size_t size() const { return sources_.size(); }

 private:
  struct Source {
    std::shared_ptr<const core::SourceInfo> info;
    core::Mark mark;
    core::UnixNanos updated;
    bool dirty = false;
    std::shared_ptr<base::Event> released;  // set while busy
  };
  Source& find_or_register(const core::SourceId& id, const core::SourceInfo& info, core::UnixNanos now);
  void release(Source& source);
  void mark_dirty(const core::SourceId& id, Source& source);
  void record_lost(LostRange range);

  base::Executor& executor_;
  std::unordered_map<core::SourceId, Source, SourceIdHash> sources_;
  std::vector<core::SourceId> dirty_;
  std::deque<LostRange> lost_;
  std::uint64_t lost_bytes_ = 0;
};

}  // namespace cordwood::store
