#include "query/block_results.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace cordwood::query {
namespace {

// A block of more cells gives results that are hardly smaller than its rows.
constexpr std::int64_t kCellsMax = 4096;
// In the year 2243: nothing overflows around it.
constexpr std::int64_t kTimeMax = 8'600'000'000'000'000'000;

}  // namespace

BlockResults::BlockResults(std::size_t bytes_max, base::MetricsRegistry* metrics)
    : bytes_max_(bytes_max), results_(bytes_max) {
  if (metrics == nullptr) return;
  hits_ = &metrics->counter("cordwood_query_result_cache_hits_total", "Blocks whose part of a metric query was kept.");
  misses_ = &metrics->counter("cordwood_query_result_cache_misses_total",
                              "Blocks whose part of a metric query could have been kept and was not.");
  bytes_ = &metrics->gauge("cordwood_query_result_cache_bytes", "Memory of kept results of metric queries.");
}

std::shared_ptr<const exec::KeptStates> BlockResults::get(const BlockResultKey& key) {
  std::optional<std::shared_ptr<const exec::KeptStates>> kept;
  {
    base::MutexLock lock(mutex_);
    kept = results_.get(key);
  }
  if (hits_ != nullptr) (kept.has_value() ? hits_ : misses_)->add();
  return kept.has_value() ? *std::move(kept) : nullptr;
}

void BlockResults::put(const BlockResultKey& key, std::shared_ptr<const exec::KeptStates> states) {
  // The entry itself, in the cache's map and list.
  constexpr std::size_t kEntryBytes = 192;
  const std::size_t bytes = states->bytes() + kEntryBytes;
  base::MutexLock lock(mutex_);
  results_.put(key, std::move(states), bytes);
  if (bytes_ != nullptr) bytes_->set(static_cast<std::int64_t>(results_.bytes()));
}

std::optional<QueryCells> QueryCells::make(std::string_view leaf, bool levels, const exec::WindowPanes& panes) {
  // Only templates know the time of the query.
  if (leaf.find("now") != std::string_view::npos) return std::nullopt;
  QueryCells cells;
  cells.times_ = panes.times();
  const exec::StepGrid& grid = panes.grid();
  cells.one_window_ = grid.count == 1;
  if (!cells.one_window_) {
    cells.width_ = std::gcd(grid.step.count(), panes.range().count());
    const std::int64_t end = (grid.start - panes.offset()).value;
    if (cells.width_ <= 0 || end < 0 || end > kTimeMax) return std::nullopt;
    cells.phase_ = end % cells.width_;
  }
  cells.leaf_ = base::hash128(fmt::format("{}\n{} {} {}", leaf, levels, cells.width_, cells.phase_));
  return cells;
}

std::optional<exec::WindowPanes> QueryCells::cells_of(const core::TimeSpan& block) const {
  if (!block.inside(times_) || block.first.value < 1 || block.last.value > kTimeMax) return std::nullopt;
  constexpr base::nanoseconds kNoOffset(0);
  if (one_window_) {
    const base::nanoseconds length = block.last - block.first + base::nanoseconds(1);
    return exec::WindowPanes({block.last, base::nanoseconds(0), 1}, length, kNoOffset);
  }
  // The first end of a cell that is not before the block.
  const std::int64_t first = phase_ + (block.first.value - phase_ + width_ - 1) / width_ * width_;
  const std::int64_t more = block.last.value > first ? (block.last.value - first + width_ - 1) / width_ : 0;
  if (more >= kCellsMax) return std::nullopt;
  const exec::StepGrid grid{{first}, base::nanoseconds(width_), static_cast<std::size_t>(more) + 1};
  return exec::WindowPanes(grid, base::nanoseconds(width_), kNoOffset);
}

}  // namespace cordwood::query
