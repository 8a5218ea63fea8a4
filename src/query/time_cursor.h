// Rows in time order, any number of them at bounded memory.
#pragma once

#include <memory>
#include <vector>

#include "base/status.h"
#include "core/query_runner.h"
#include "logql/ast.h"
#include "query/part_provider.h"
#include "query/query_engine.h"

namespace cordwood::query {

// Reads page after page, each the first rows behind the last: the first page small, so that it comes soon, the others
// growing up to the limits of the options. A block whose rows do not all fit on a page is read again for the next.
// Parts are asked for anew when a snapshot grows old, because they do not live for ever.
std::unique_ptr<core::RowCursor> make_time_cursor(base::Executor& executor, PartProvider& provider,
                                                  base::MemoryBudget& memory, const EngineOptions& options,
                                                  core::RowQuery request, std::shared_ptr<const logql::LogExpr> log);

}  // namespace cordwood::query
