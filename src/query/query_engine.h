// The engine: core::QueryRunner over the parts of a PartProvider. Everything else in this folder is behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/executor.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "core/limits.h"
#include "core/query_runner.h"
#include "query/part_provider.h"

namespace cordwood::query {

struct EngineOptions {
  core::Limits limits;
  // Blocks of one query worked on side by side; as many as the executor has threads is right.
  std::size_t parallelism = 2;
  // Rows that a row cursor holds at most at a time, as bytes of lines and labels. What does not fit is read again.
  std::size_t page_bytes_max = 64 << 20;
  // The same as a number of rows: of the first page and, after growing by four each time, of later ones.
  std::size_t page_rows_first = 1000;
  std::size_t page_rows_max = 256 << 10;
  // Memory for what metric queries got out of blocks of segments; 0: nothing is kept.
  std::size_t result_bytes_max = 16 << 20;
  // Memory for which rows of blocks passed line filters.
  std::size_t selection_bytes_max = 4 << 20;
  // Where the engine counts; must outlive it.
  base::MetricsRegistry* metrics = nullptr;
};

// `executor`, `provider` and `memory` (the budget of all queries together) must outlive the engine, and the engine
// its cursors. Thread-safe. Errors beside the contract of core::QueryRunner: InvalidArgument for everything that Loki
// answers with 400 (limits and pipeline errors too), Internal for vector matching errors (Loki answers 500),
// Cancelled. A query of run() that goes over limits.query_timeout, its memory or its bytes gives what it has,
// marked partial; other calls fail with DeadlineExceeded or ResourceExhausted.
std::unique_ptr<core::QueryRunner> make_query_engine(base::Executor& executor, PartProvider& provider,
                                                     base::MemoryBudget& memory, EngineOptions options = {});

}  // namespace cordwood::query
