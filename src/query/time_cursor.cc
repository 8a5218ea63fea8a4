#include "query/time_cursor.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "query/page_query.h"

namespace cordwood::query {
namespace {

// Stored objects live for 15 minutes after they were replaced (snapshot_life); half of it leaves time for a page.
constexpr base::nanoseconds kSnapshotAgeMax = std::chrono::minutes(7);
// What one call of next() gives at most.
constexpr std::size_t kBatchRows = 1000;
constexpr std::size_t kBatchBytes = 1 << 20;

class TimeCursor final : public core::RowCursor {
 public:
  TimeCursor(base::Executor& executor, PartProvider& provider, base::MemoryBudget& memory, const EngineOptions& options,
             core::RowQuery request, std::shared_ptr<const logql::LogExpr> log)
      : context_(executor, memory, options, request.cancel, std::nullopt),
        provider_(provider),
        request_(std::move(request)),
        log_(std::move(log)),
        page_rows_(options.page_rows_first) {}

  base::Task<base::StatusOr<std::vector<core::Row>>> next() override {
    if (page_next_ == page_.size() && !at_end_) {
      page_.clear();
      page_next_ = 0;
      base::Status status = co_await read_next_page();
      stats_ = context_.stats();
      if (!status.ok()) {
        at_end_ = true;
        co_return status;
      }
    }
    co_return take_batch();
  }
  const core::QueryStats& stats() const override { return stats_; }
  core::QueryStats progress() const override { return context_.stats(); }

 private:
  std::vector<core::Row> take_batch() {
    std::size_t end = page_next_;
    std::size_t bytes = 0;
    while (end < page_.size() && end - page_next_ < kBatchRows && bytes < kBatchBytes) {
      bytes += exec::bytes_of(page_[end++]);
    }
    const auto from = page_.begin();
    std::vector<core::Row> batch(std::make_move_iterator(from + static_cast<std::ptrdiff_t>(page_next_)),
                                 std::make_move_iterator(from + static_cast<std::ptrdiff_t>(end)));
    page_next_ = end;
    return batch;
  }

  base::Task<base::Status> read_next_page() {
    CO_RETURN_IF_ERROR(context_.check());
    base::Status refreshed = co_await refresh_blocks();
    if (!refreshed.ok()) co_return refreshed;
    std::size_t rows = page_rows_;
    if (request_.limit.has_value()) rows = static_cast<std::size_t>(std::min<std::uint64_t>(rows, *request_.limit));
    if (rows == 0 || blocks_.blocks.empty()) {
      at_end_ = true;
      co_return base::ok_status();
    }
    if (plan_ == nullptr) {
      CO_ASSIGN_OR_RETURN(plan_, exec::LogPlan::build(*log_, context_.executor().clock().now(), request_.levels));
    }
    PageRequest page{.direction = request_.direction,
                     .rows_max = rows,
                     .bytes_max = context_.options().page_bytes_max,
                     .after = request_.after};
    auto result = co_await read_page(plan_, blocks_, page, context_);
    if (!result.ok()) co_return result.status();
    // Rows that come later could belong before these: a cursor has no use for a page with holes.
    CO_RETURN_IF_ERROR(context_.status());
    at_end_ = !result->more;
    if (!result->rows.empty()) request_.after = result->rows.back().position;
    if (request_.limit.has_value()) *request_.limit -= result->rows.size();
    page_ = std::move(result->rows);
    page_rows_ = std::min(page_rows_ * 4, context_.options().page_rows_max);
    co_return base::ok_status();
  }

  // Takes a new snapshot at first and when the last one is old, from the place where the cursor stands.
  base::Task<base::Status> refresh_blocks() {
    const base::MonotonicNanos now = context_.executor().clock().monotonic();
    if (have_blocks_ && now - snapshot_taken_ < kSnapshotAgeMax) co_return base::ok_status();
    core::TimeRange range = request_.range;
    if (request_.after.has_value()) {
      const base::UnixNanos time = request_.after->time;
      if (request_.direction == core::Direction::kForward) {
        range.begin = std::max(range.begin, time);
      } else {
        range.end = std::min(range.end, time + base::nanoseconds(1));
      }
    }
    CO_ASSIGN_OR_RETURN(const exec::StreamSelector selector, exec::StreamSelector::build(log_->matchers));
    auto parts = co_await provider_.parts(request_.tenant, range);
    if (!parts.ok()) co_return parts.status();
    for (std::string& text : parts->unreadable) context_.add_unreadable(std::move(text));
    blocks_ = plan_blocks(parts->parts, selector, range, context_);
    have_blocks_ = true;
    snapshot_taken_ = now;
    co_return base::ok_status();
  }

  QueryContext context_;
  PartProvider& provider_;
  core::RowQuery request_;  // `after` and `limit` move on with the pages
  const std::shared_ptr<const logql::LogExpr> log_;
  std::shared_ptr<const exec::LogPlan> plan_;
  bool have_blocks_ = false;
  base::MonotonicNanos snapshot_taken_;
  BlockPlan blocks_;
  std::size_t page_rows_;
  std::vector<core::Row> page_;
  std::size_t page_next_ = 0;
  bool at_end_ = false;
  core::QueryStats stats_;
};

}  // namespace

std::unique_ptr<core::RowCursor> make_time_cursor(base::Executor& executor, PartProvider& provider,
                                                  base::MemoryBudget& memory, const EngineOptions& options,
                                                  core::RowQuery request, std::shared_ptr<const logql::LogExpr> log) {
  return std::make_unique<TimeCursor>(executor, provider, memory, options, std::move(request), std::move(log));
}

}  // namespace cordwood::query
