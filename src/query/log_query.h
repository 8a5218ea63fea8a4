// Log queries of Loki's paths: the whole answer at once, bounded by a limit.
#pragma once

#include "base/status.h"
#include "base/task.h"
#include "core/query_runner.h"
#include "logql/ast.h"
#include "query/part_provider.h"
#include "query/query_context.h"

namespace cordwood::query {

base::Task<base::StatusOr<core::LogResult>> run_log_query(const logql::LogExpr& log, const core::QueryRequest& request,
                                                          PartProvider& provider, QueryContext& context);

}  // namespace cordwood::query
