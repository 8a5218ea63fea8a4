// The first rows, in time order, behind a given place: one page of a row query, or the whole of a limited log query.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "core/query_runner.h"

namespace cordwood::exec {

// About what a row takes in memory.
std::size_t bytes_of(const core::Row& row);

// Gathers rows in any order from several workers and keeps the first `rows_max` of them, or fewer when their bytes
// exceed `bytes_max` (but at least one). What is kept does not depend on the order of arrival. Holds at most twice
// that. Thread-safe.
class RowPage {
 public:
  RowPage(core::Direction direction, std::size_t rows_max, std::size_t bytes_max,
          std::optional<core::RowPosition> after);

  core::Direction direction() const { return direction_; }
  // Whether `a` comes before `b` in the page's direction.
  bool before(const core::RowPosition& a, const core::RowPosition& b) const {
    return direction_ == core::Direction::kForward ? a < b : b < a;
  }
  // False when a row at that place is certainly not kept.
  bool wants(const core::RowPosition& position) const;
  // The same for all rows of the times in `span`.
  bool wants_any(const core::TimeSpan& span) const;
  void add(std::vector<core::Row> rows);
  // What it holds, about.
  std::size_t bytes() const {
    base::MutexLock lock(mutex_);
    return bytes_;
  }

  // All kept rows in order; `more` tells that rows behind the last one were left out.
  struct Result {
    std::vector<core::Row> rows;
    bool more = false;
  };
  Result take();

 private:
  void prune() REQUIRES(mutex_);

  const core::Direction direction_;
  const std::size_t rows_max_;
  const std::size_t bytes_max_;
  const std::optional<core::RowPosition> after_;
  // Rows of a time behind this one are not kept.
  std::atomic<std::int64_t> last_time_;
  mutable base::Mutex mutex_;
  std::vector<core::Row> rows_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::optional<core::RowPosition> last_ GUARDED_BY(mutex_);  // nothing behind it is kept
};

}  // namespace cordwood::exec
