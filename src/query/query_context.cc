#include "query/query_context.h"

#include <utility>

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
        "request timed out, decrease the duration of the request or add more label matchers (prefer exact match over "
        "regex match) to reduce the amount of data processed");
  }
  return charge_process();
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
}

}  // namespace cordwood::query
