// Head: the chunks of all tenants that are not in segments yet. Half of it is active (appends go there), half is frozen
// (being flushed); a snapshot takes both.
#pragma once

#include <cstdint>
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

  // Chunks that overlap `range`.
  Chunks snapshot(const core::TenantId& tenant, const core::TimeRange& range) const;

  // Makes everything active frozen, and gives it. Only when nothing is frozen.
  std::map<core::TenantId, Chunks> freeze();
  // The frozen chunks are in segments now. Gives the memory they had.
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

  // Of the active half.
  std::uint64_t active_bytes() const { return active_.bytes; }
  std::uint64_t active_rows() const { return active_.rows; }
  std::uint64_t bytes() const { return active_.bytes + frozen_.bytes; }
  std::uint64_t rows() const { return active_.rows + frozen_.rows; }
  std::uint64_t line_bytes() const { return active_.line_bytes + frozen_.line_bytes; }
  // Both halves.
  Chunks all_chunks() const;

 private:
  struct Half {
    std::map<core::TenantId, Chunks> tenants;
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
    std::uint64_t line_bytes = 0;
  };
  Half active_;
  Half frozen_;
};

}  // namespace cordwood::store
