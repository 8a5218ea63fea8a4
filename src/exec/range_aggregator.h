// Range aggregations (`rate(... [5m])`): samples go in one by one in any order, a Matrix comes out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/memory_budget.h"
#include "base/status.h"
#include "exec/matrix.h"
#include "exec/series_table.h"
#include "exec/step_grid.h"
#include "exec/window_states.h"

namespace cordwood::exec {

enum class RangeKernel {
  kCount,
  kSum,        // also of line bytes
  kCountRate,  // per second of the range
  kSumRate,
  kAvg,
  kMin,
  kMax,
  kStdvar,
  kStddev,
  kFirst,
  kLast,
  kQuantile,
  kRateCounter,
};

// What rows gave, without the panes of a query: for caches. Immutable.
class KeptStates {
 public:
  explicit KeptStates(std::size_t bytes) : bytes_(bytes) {}
  virtual ~KeptStates() = default;
  // Memory taken, an estimate.
  std::size_t bytes() const { return bytes_; }

 private:
  const std::size_t bytes_;
};

// Memory: about the states of the panes that have samples, so series times steps; quantile and rate_counter keep each
// sample. Not thread-safe: each worker has its own and absorb brings them together.
class RangeAggregator {
 public:
  // `quantile` is for kQuantile only. `panes` and the budget behind `memory` must outlive the aggregator.
  static std::unique_ptr<RangeAggregator> make(RangeKernel kernel, double quantile, const WindowPanes& panes,
                                               base::MemoryReservation memory);
  virtual ~RangeAggregator() = default;

  SeriesTable& series() { return series_; }
  const WindowPanes& panes() const { return panes_; }
  // Whether samples must carry their position.
  virtual bool needs_position() const = 0;
  // `pane` is not kNoPane.
  virtual void add(std::uint32_t series, std::size_t pane, const RangeSample& sample) = 0;
  // kCount and kCountRate: many samples at once.
  virtual void add_count(std::uint32_t series, std::size_t pane, std::uint64_t count) = 0;
  // Takes everything from `other`, which has the same kernel and panes.
  virtual void absorb(RangeAggregator& other) = 0;
  // A copy of all states, each with the last time of its pane; panes are cells (WindowPanes::last_of_cell).
  virtual std::shared_ptr<const KeptStates> keep() = 0;
  // Adds what an aggregator of the same kernel kept. Each of its cells lies in one pane here, or in none.
  virtual void add_kept(const KeptStates& kept) = 0;
  // ResourceExhausted once the memory budget was spent; asked between slices of work.
  base::Status charge();
  // What finish() takes at most beside the states: windows are put together from what is kept of each sample.
  virtual std::size_t finish_bytes(std::uint32_t series) = 0;
  // Gives the memory of a series back, once it has been finished.
  virtual void forget(std::uint32_t series) = 0;
  // Takes no more of the budget than there is.
  void trim();

  // Series in the order of their labels.
  std::vector<std::uint32_t> sorted_series() const;
  // The values of one series, one a step. Reorders what quantile keeps; call once a series.
  virtual void finish(std::uint32_t series, std::span<double> values) = 0;

 protected:
  RangeAggregator(const WindowPanes& panes, base::MemoryReservation memory)
      : panes_(panes), memory_(std::move(memory)) {}

  // State bytes that are no longer taken.
  void give_back(std::size_t bytes);

  const WindowPanes& panes_;
  SeriesTable series_;
  std::size_t state_bytes_ = 0;

 private:
  base::MemoryReservation memory_;
};

}  // namespace cordwood::exec
