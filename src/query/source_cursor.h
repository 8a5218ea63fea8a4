// Rows in the order of their files, for grep: stream by stream in the order of labels, in each the generations oldest
// first, in each by offset.
#pragma once

#include <memory>

#include "core/query_runner.h"
#include "logql/ast.h"
#include "query/part_provider.h"
#include "query/query_engine.h"

namespace cordwood::query {

// Works in one snapshot. For each stream it first reads the positions in all its blocks (no text), then the blocks of
// each generation in the order of their first offset, and gives a row as soon as no block to come can hold an earlier
// one. Memory: rows of blocks whose offsets overlap, which are few unless times jump about; ResourceExhausted
// otherwise.
std::unique_ptr<core::RowCursor> make_source_cursor(base::Executor& executor, PartProvider& provider,
                                                    base::MemoryBudget& memory, const EngineOptions& options,
                                                    core::RowQuery request, std::shared_ptr<const logql::LogExpr> log);

}  // namespace cordwood::query
