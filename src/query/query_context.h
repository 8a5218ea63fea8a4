// What all the work of one query shares: its executor, limits, statistics and the first error.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>

#include "base/executor.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/sync.h"
#include "core/query_runner.h"
#include "query/query_engine.h"

namespace cordwood::query {

class BlockResults;
class BlockSelections;

// Thread-safe. Outlives the tasks of its query.
class QueryContext {
 public:
  // `process_memory` is the budget of all queries; this query may take options.limits.query_memory_bytes_max of it.
  // Without a timeout the query may take as long as its reader likes.
  QueryContext(base::Executor& executor, base::MemoryBudget& process_memory, const EngineOptions& options,
               base::CancelToken cancel, std::optional<base::nanoseconds> timeout);

  base::Executor& executor() { return executor_; }
  const EngineOptions& options() const { return options_; }
  // The budget of this query alone; check() keeps the process's in step with it.
  base::MemoryBudget& memory() { return memory_; }

  // What blocks gave to queries before; null: the query reads everything itself. Outlives the query.
  BlockResults* results() { return results_; }
  void use_results(BlockResults* results) { results_ = results; }
  // The same for the rows that passed line filters.
  BlockSelections* selections() { return selections_; }
  void use_selections(BlockSelections* selections) { selections_ = selections; }

  // Between slices of work: Cancelled, DeadlineExceeded, ResourceExhausted, or the error that another worker met.
  base::Status check();
  // Remembers the first error, which ends all workers at their next check.
  void fail(const base::Status& error);
  base::Status status() const;
  // Whether a budget (time, memory, bytes) ended the query, which then gives what it has.
  bool out_of_budget() const;

  void add(const core::QueryStats& stats);
  void add_unreadable(std::string text);
  core::QueryStats stats() const;

 private:
  base::Status charge_process();

  base::Executor& executor_;
  const EngineOptions options_;
  const base::CancelToken cancel_;
  const base::MonotonicNanos started_;
  const std::optional<base::nanoseconds> timeout_;
  base::MemoryBudget memory_;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> bytes_read_{0};
  mutable base::Mutex mutex_;
  base::Status error_ GUARDED_BY(mutex_);
  core::QueryStats stats_ GUARDED_BY(mutex_);
  base::MemoryBudget& process_memory_;
  base::MemoryReservation reserved_ GUARDED_BY(mutex_);
  BlockResults* results_ = nullptr;
  BlockSelections* selections_ = nullptr;
};

// Of a status: DeadlineExceeded or ResourceExhausted.
bool is_budget_error(const base::Status& status);

// Adds the counters of `from` to `to`; times and texts stay.
void add_counters(core::QueryStats& to, const core::QueryStats& from);

}  // namespace cordwood::query
