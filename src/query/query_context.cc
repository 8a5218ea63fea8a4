#include "query/query_context.h"

#include <utility>

#include "logql/units.h"

namespace cordwood::query {

QueryContext::QueryContext(base::Executor& executor, base::MemoryBudget& process_memory, const EngineOptions& options,
                           base::CancelToken cancel, std::optional<base::nanoseconds> timeout)
    : executor_(executor),
      options_(options),
      cancel_(std::move(cancel)),
      started_(executor.clock().monotonic()),
      timeout_(timeout),
      memory_("query", options.limits.query_memory_bytes_max),
      process_memory_(process_memory) {}

base::Status QueryContext::check() {
  if (failed_.load(std::memory_order_relaxed)) return status();
  if (cancel_.cancelled()) return base::cancelled_error("the request was cancelled by the client");
  if (timeout_.has_value() && executor_.clock().monotonic() - started_ > *timeout_) {
    return base::deadline_exceeded_error(
        "request timed out after {}, decrease the duration of the request or add more label matchers (prefer exact "
        "match over regex match) to reduce the amount of data processed",
        logql::format_go_duration(*timeout_));
  }
  const std::uint64_t bytes_max = options_.limits.query_bytes_read_max;
  if (const std::uint64_t read = bytes_read_.load(std::memory_order_relaxed); bytes_max > 0 && read > bytes_max) {
    return base::resource_exhausted_error(
        "the query would read too many bytes (query: {}, limit: {}); consider adding more specific stream selectors or "
        "reduce the time range of the query",
        logql::format_bytes_rounded(read), logql::format_bytes_rounded(bytes_max));
  }
  return charge_process();
}

bool is_budget_error(const base::Status& status) {
  return status.code() == base::StatusCode::kDeadlineExceeded || status.code() == base::StatusCode::kResourceExhausted;
}

bool QueryContext::out_of_budget() const {
  return failed_.load(std::memory_order_relaxed) && is_budget_error(status());
}

// The process's budget follows the query's in steps, because it is shared by all queries.
base::Status QueryContext::charge_process() {
  constexpr std::size_t kStep = 4 << 20;
  const std::size_t used = memory_.used();
  base::MutexLock lock(mutex_);
  if (used > reserved_.bytes()) {
    const std::size_t more = (used - reserved_.bytes() + kStep - 1) / kStep * kStep;
    if (reserved_.bytes() > 0) return reserved_.grow(more);
    ASSIGN_OR_RETURN(reserved_, process_memory_.reserve(more));
  } else if (reserved_.bytes() - used > 4 * kStep) {
    reserved_.shrink(reserved_.bytes() - used - kStep);
  }
  return base::ok_status();
}

void QueryContext::fail(const base::Status& error) {
  base::MutexLock lock(mutex_);
  if (error_.ok()) error_ = error;
  failed_.store(true, std::memory_order_relaxed);
}

base::Status QueryContext::status() const {
  base::MutexLock lock(mutex_);
  return error_;
}

void QueryContext::add(const core::QueryStats& stats) {
  bytes_read_.fetch_add(stats.bytes_processed, std::memory_order_relaxed);
  base::MutexLock lock(mutex_);
  add_counters(stats_, stats);
}

void QueryContext::add_unreadable(std::string text) {
  base::MutexLock lock(mutex_);
  stats_.unreadable.push_back(std::move(text));
}

core::QueryStats QueryContext::stats() const {
  base::MutexLock lock(mutex_);
  core::QueryStats stats = stats_;
  stats.exec_time = executor_.clock().monotonic() - started_;
  return stats;
}

void add_counters(core::QueryStats& to, const core::QueryStats& from) {
  to.bytes_processed += from.bytes_processed;
  to.lines_processed += from.lines_processed;
  to.lines_matched += from.lines_matched;
  to.parts_total += from.parts_total;
  to.parts_skipped += from.parts_skipped;
  to.blocks_read += from.blocks_read;
  to.blocks_asked += from.blocks_asked;
  to.blocks_remembered += from.blocks_remembered;
}

}  // namespace cordwood::query
