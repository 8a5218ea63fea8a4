// Head: the chunks of all tenants that are not in segments yet. One part of it is active (appends go there), the others
// are frozen (flushed one after the other, oldest first); a snapshot takes all of them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "core/ids.h"
#include "core/time_range.h"
#include "store/head/row_order.h"

namespace cordwood::store {

// Not thread-safe: the store's mutex guards it. Nothing here looks at rows, so every call is short.
class Head {
 public:
  void add(const core::TenantId& tenant, std::shared_ptr<const Chunk> chunk);

  // Parts that overlap `range`.
  HeadParts snapshot(const core::TenantId& tenant, const core::TimeRange& range) const;

  // Makes everything active frozen, behind what is frozen already, and gives it.
  std::map<core::TenantId, Chunks> freeze();
  // `parts` stand for what was frozen last: the same rows, read from elsewhere. Gives the memory the chunks had.
  std::uint64_t spill_last_frozen(std::map<core::TenantId, HeadParts> parts);
  // What was frozen first is in segments now. Gives the memory its chunks had.
  std::uint64_t drop_frozen();

  // Thousands of small bodies would make a snapshot long: chunks of similar size are merged. Takes a group that should
  // become one chunk; they stay in the head until `replace`. None when there is nothing to do.
  struct MergeWork {
    core::TenantId tenant;
    Chunks chunks;
  };
  std::optional<MergeWork> merge_work() const;
  // Whether it is worth looking for merge work of this tenant: a cheap guess.
  bool wants_merge(const core::TenantId& tenant) const;
  // False when some of them were frozen meanwhile: then nothing changes.
  bool replace(const MergeWork& work, std::shared_ptr<const Chunk> merged);

  // Of what is active.
  std::uint64_t active_bytes() const { return active_.bytes; }
  std::uint64_t active_rows() const { return active_.rows; }
  // Of everything.
  std::uint64_t bytes() const { return active_.bytes + frozen_bytes_; }
  std::uint64_t rows() const { return active_.rows + frozen_rows_; }
  std::uint64_t line_bytes() const { return active_.line_bytes + frozen_line_bytes_; }
  HeadParts all_parts() const;

 private:
  struct Active {
    std::map<core::TenantId, Chunks> tenants;
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
    std::uint64_t line_bytes = 0;
  };
  struct Frozen {
    std::map<core::TenantId, HeadParts> tenants;
    std::uint64_t bytes = 0;
    std::uint64_t chunk_bytes = 0;  // 0 once it is spilled
    std::uint64_t rows = 0;
    std::uint64_t line_bytes = 0;
  };
  Active active_;
  std::deque<Frozen> frozen_;  // oldest first
  std::uint64_t frozen_bytes_ = 0;
  std::uint64_t frozen_rows_ = 0;
  std::uint64_t frozen_line_bytes_ = 0;
};

}  // namespace cordwood::store
