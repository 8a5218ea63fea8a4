// What range aggregations got out of blocks, kept for the next query that asks for the same: a dashboard that is
// refreshed reads what is new. Never stale: blocks of segments never change, and parts that do (heads, parts with
// deleted rows) have no content_key().
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "core/time_range.h"
#include "exec/range_aggregator.h"
#include "exec/step_grid.h"
#include "query/weighted_lru.h"

namespace cordwood::query {

struct BlockResultKey {
  base::Hash128 content;  // of the part
  base::Hash128 leaf;     // of what is asked, with its cells
  std::uint32_t block = 0;
  auto operator<=>(const BlockResultKey&) const = default;
};

// Thread-safe.
class BlockResults {
 public:
  // Keeps at most so many bytes; 0: nothing. `metrics`, if given, must outlive it.
  explicit BlockResults(std::size_t bytes_max, base::MetricsRegistry* metrics = nullptr);

  bool enabled() const { return bytes_max_ > 0; }
  // A result that takes more is not worth its place.
  std::size_t result_bytes_max() const { return bytes_max_ / 64; }
  // Null when it is not there.
  std::shared_ptr<const exec::KeptStates> get(const BlockResultKey& key);
  void put(const BlockResultKey& key, std::shared_ptr<const exec::KeptStates> states);

 private:
  const std::size_t bytes_max_;
  base::Counter* hits_ = nullptr;
  base::Counter* misses_ = nullptr;
  base::Gauge* bytes_ = nullptr;
  base::Mutex mutex_;
  WeightedLru<BlockResultKey, std::shared_ptr<const exec::KeptStates>> results_ GUARDED_BY(mutex_);
};

// Time cut into cells so that every window of a query is a run of whole cells, whatever its first and last step.
// Queries over the same cells can use each other's results.
class QueryCells {
 public:
  // `leaf`: the text of what is read and how it is grouped. Nothing for a query whose outcome depends on more than the
  // rows (the clock).
  static std::optional<QueryCells> make(std::string_view leaf, bool levels, const exec::WindowPanes& panes);

  const base::Hash128& leaf() const { return leaf_; }
  // Whether results of the block may be used: its rows may lie outside of the query's windows when they are in cells.
  bool may_use(const core::TimeSpan& block) const { return !one_window_ || block.inside(times_); }
  // The cells of a block all of whose rows the query reads; nothing when it is not worth keeping.
  std::optional<exec::WindowPanes> cells_of(const core::TimeSpan& block) const;

 private:
  QueryCells() = default;
  base::Hash128 leaf_;
  core::TimeRange times_;
  bool one_window_ = false;  // then a block is one cell
  std::int64_t width_ = 0;
  std::int64_t phase_ = 0;  // cells end at phase + n * width
};

}  // namespace cordwood::query
