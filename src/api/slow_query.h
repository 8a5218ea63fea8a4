// The log of slow queries.
#pragma once

#include <string_view>

#include "api/call.h"
#include "core/query_runner.h"

namespace cordwood::api {

// Logs the query with its figures when it took longer than ApiOptions::slow_query_min. `stats` may be null.
void log_if_slow(const Call& call, std::string_view query, const core::QueryStats* stats, const base::Status& status);
// For streams, which outlive their Call.
void log_if_slow(const ApiOptions& options, const core::TenantId& tenant, base::nanoseconds took,
                 std::string_view query, const core::QueryStats* stats, const base::Status& status);

}  // namespace cordwood::api
