// Side by side over the blocks of a query.
#pragma once

#include <cstddef>
#include <functional>

#include "base/task.h"
#include "query/query_context.h"

namespace cordwood::query {

// Runs make_worker(0) ... make_worker(count - 1) on the context's executor and ends when all have.
base::Task<void> run_workers(QueryContext& context, std::size_t count,
                             std::function<base::Task<void>(std::size_t)> make_worker);

}  // namespace cordwood::query
