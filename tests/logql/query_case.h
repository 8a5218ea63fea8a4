// A conformance row of the kinds metric_query and log_query: its rows, its request, and whether a result is what it
// wants.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "core/query_runner.h"
#include "logql/case_reader.h"
#include "segment/mem_part.h"

namespace cordwood::logql_cases {

std::vector<segment::MemRow> read_rows(const Row& row);
core::QueryRequest make_request(const Row& row);
// The empty string, or what differs.
std::string compare_result(Json expect, const base::StatusOr<core::QueryResult>& got,
                           const core::QueryRequest& request);

}  // namespace cordwood::logql_cases
