#include "query/source_cursor.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <utility>

#include "exec/log_scan.h"
#include "query/block_keeper.h"
#include "query/source_plan.h"

namespace cordwood::query {
namespace {

// What one call of next() gives at most.
constexpr std::size_t kBatchRows = 1000;
constexpr std::size_t kBatchBytes = 1 << 20;
constexpr std::size_t kKeptBytesMax = 64 << 20;
constexpr segment::Columns kPositionsOnly{.lines = false, .positions = true, .metadata = false};

// Filtered rows of one group that wait until nothing before them can come.
class PendingRows {
 public:
  void add(core::Row row) { rows_.push_back(std::move(row)); }
  // Orders what was added; call before take_before.
  void sort() {
    std::sort(rows_.begin(), rows_.end(), [](const core::Row& a, const core::Row& b) { return key(a) < key(b); });
  }
  // Moves the rows before `bound` (all without one) to `ready`.
  void take_before(const std::optional<SourceKey>& bound, std::deque<core::Row>& ready) {
    auto end = rows_.begin();
    while (end != rows_.end() && (!bound.has_value() || key(*end) < *bound)) ++end;
    ready.insert(ready.end(), std::make_move_iterator(rows_.begin()), std::make_move_iterator(end));
    rows_.erase(rows_.begin(), end);
  }
  std::vector<core::Row>& rows() { return rows_; }

 private:
  static SourceKey key(const core::Row& row) { return SourceKey::of(row.position, row.named); }
  std::vector<core::Row> rows_;
};

class SourceCursor final : public core::RowCursor {
 public:
  SourceCursor(base::Executor& executor, PartProvider& provider, base::MemoryBudget& memory,
               const EngineOptions& options, core::RowQuery request, std::shared_ptr<const logql::LogExpr> log)
      : context_(executor, memory, options, request.cancel, std::nullopt),
        provider_(provider),
        request_(std::move(request)),
        log_(std::move(log)),
        positions_(kPositionsOnly, kKeptBytesMax),
        texts_(exec::LogPlan::columns(), kKeptBytesMax) {}

  base::Task<base::StatusOr<std::vector<core::Row>>> next() override {
    while (ready_.empty() && !at_end_) {
      base::Status status = co_await step();
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
    std::vector<core::Row> batch;
    std::size_t bytes = 0;
    while (!ready_.empty() && batch.size() < kBatchRows && bytes < kBatchBytes && request_.limit.value_or(1) > 0) {
      bytes += exec::bytes_of(ready_.front());
      batch.push_back(std::move(ready_.front()));
      ready_.pop_front();
      if (request_.limit.has_value()) --*request_.limit;
    }
    if (request_.limit == std::uint64_t{0}) {
      ready_.clear();
      at_end_ = true;
    }
    return batch;
  }

  // One piece of progress: the plan, the positions of a stream, or a block's rows of a group.
  base::Task<base::Status> step() {
    CO_RETURN_IF_ERROR(context_.check());
    if (!planned_) {
      base::Status status = co_await make_plan();
      co_return status;
    }
    if (next_extent_ < extents_of_group()) {
      base::Status status = co_await read_extent();
      co_return status;
    }
    next_extent_ = 0;
    if (next_group_ < groups_.size()) ++next_group_;
    if (next_group_ < groups_.size()) co_return base::ok_status();
    if (next_stream_ == streams_.size()) {
      at_end_ = true;
      co_return base::ok_status();
    }
    base::Status status = co_await read_positions(streams_[next_stream_++]);
    co_return status;
  }

  std::size_t extents_of_group() const {
    return next_group_ < groups_.size() ? groups_[next_group_].extents.size() : 0;
  }

  base::Task<base::Status> make_plan() {
    planned_ = true;
    CO_ASSIGN_OR_RETURN(const exec::StreamSelector selector, exec::StreamSelector::build(log_->matchers));
    CO_ASSIGN_OR_RETURN(const auto plan,
                        exec::LogPlan::build(*log_, context_.executor().clock().now(), request_.levels));
    auto parts = co_await provider_.parts(request_.tenant, request_.range);
    if (!parts.ok()) co_return parts.status();
    for (std::string& text : parts->unreadable) context_.add_unreadable(std::move(text));
    blocks_ = plan_blocks(parts->parts, selector, request_.range, context_);
    streams_ = streams_in_order(blocks_);
    worker_.emplace(plan);
    co_return base::ok_status();
  }

  base::Task<base::Status> read_positions(const StreamPlace& stream) {
    SourceGroups groups;
    for (const StreamPlace::InPart& place : stream.parts) {
      for (const BlockRef ref : blocks_of(blocks_, place)) {
        auto loaded = co_await positions_.load(blocks_, ref, context_);
        if (!loaded.ok()) co_return loaded.status();
        if ((*loaded)->rows == nullptr) continue;
        for (const exec::RowRun& run : (*loaded)->runs) {
          if (run.stream == place.stream) groups.add(*(*loaded)->part, *(*loaded)->rows, run, ref);
        }
        CO_RETURN_IF_ERROR(context_.check());
        co_await context_.executor().yield();
      }
    }
    groups_ = groups.take();
    next_group_ = 0;
    co_return base::ok_status();
  }

  // Reads the next extent of the group and gives what no later one can come before.
  base::Task<base::Status> read_extent() {
    const SourceGroup& group = groups_[next_group_];
    const SourceExtent& extent = group.extents[next_extent_];
    auto loaded = co_await texts_.load(blocks_, extent.block, context_);
    if (!loaded.ok()) co_return loaded.status();
    if ((*loaded)->rows != nullptr) {
      base::Status status = co_await add_rows(**loaded, extent, group);
      if (!status.ok()) co_return status;
    }
    std::optional<SourceKey> bound;
    if (++next_extent_ < group.extents.size()) bound = group.extents[next_extent_].first;
    pending_.sort();
    pending_.take_before(bound, ready_);
    co_return charge_pending();
  }

  base::Task<base::Status> add_rows(const LoadedBlock& block, const SourceExtent& extent, const SourceGroup& group) {
    const auto accept = [&](std::uint32_t row) { return group.takes(block.part->sources()[block.rows->sources[row]]); };
    core::QueryStats stats;
    SliceMeter meter;
    for (const exec::RowRun& run : block.runs) {
      if (run.stream != extent.stream) continue;
      const core::QueryStats before = stats;
      base::Status scanned = worker_->scan_all(block.scan(), run, accept, pending_.rows(), stats);
      if (!scanned.ok()) {
        CO_RETURN_IF_ERROR(leave_out_damage(blocks_, extent.block, scanned, context_));
        break;
      }
      if (!meter.add(before, stats)) continue;
      context_.add(std::exchange(stats, {}));
      CO_RETURN_IF_ERROR(context_.check());
      CO_RETURN_IF_ERROR(charge_pending());
      co_await context_.executor().yield();
    }
    context_.add(stats);
    co_return base::ok_status();
  }

  base::Status charge_pending() {
    std::size_t bytes = 0;
    for (const core::Row& row : pending_.rows()) bytes += exec::bytes_of(row);
    ASSIGN_OR_RETURN(pending_memory_, context_.memory().reserve(bytes));
    return base::ok_status();
  }

  QueryContext context_;
  PartProvider& provider_;
  core::RowQuery request_;  // `limit` goes down as rows are given
  const std::shared_ptr<const logql::LogExpr> log_;
  bool planned_ = false;
  BlockPlan blocks_;
  std::vector<StreamPlace> streams_;
  std::size_t next_stream_ = 0;
  std::vector<SourceGroup> groups_;  // of the stream that is being read
  std::size_t next_group_ = 0;
  std::size_t next_extent_ = 0;
  BlockKeeper positions_;
  BlockKeeper texts_;
  std::optional<exec::LogWorker> worker_;
  PendingRows pending_;
  base::MemoryReservation pending_memory_;
  std::deque<core::Row> ready_;
  bool at_end_ = false;
  core::QueryStats stats_;
};

}  // namespace

std::unique_ptr<core::RowCursor> make_source_cursor(base::Executor& executor, PartProvider& provider,
                                                    base::MemoryBudget& memory, const EngineOptions& options,
                                                    core::RowQuery request, std::shared_ptr<const logql::LogExpr> log) {
  return std::make_unique<SourceCursor>(executor, provider, memory, options, std::move(request), std::move(log));
}

}  // namespace cordwood::query
