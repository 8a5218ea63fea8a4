// Metric queries: range aggregations in one pass over the blocks, then the expression around them.
#pragma once

#include "base/status.h"
#include "base/task.h"
#include "core/query_runner.h"
#include "logql/ast.h"
#include "query/part_provider.h"
#include "query/query_context.h"

namespace cordwood::query {

// Matrix for a range query; vector or scalar for an instant one.
base::Task<base::StatusOr<core::QueryResult>> run_metric_query(const logql::MetricExpr& expr,
                                                               const core::QueryRequest& request,
                                                               PartProvider& provider, QueryContext& context);

}  // namespace cordwood::query
