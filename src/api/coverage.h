// Coverage of a question, for the endpoints that answer it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "base/json_writer.h"
#include "core/coverage.h"
#include "logql/ast.h"

namespace cordwood::api {

// What a question selects: its selectors and the time in which it looks for rows.
struct Question {
  std::vector<std::vector<logql::Matcher>> selectors;
  core::TimeRange range;
};
// `range` is that of the answer; a metric query looks further back, by its ranges and offsets.
Question question_of(const logql::Query& query, core::TimeRange range);

// To be read before the parts, so that it promises no more than the answer has. Nullopt when this server keeps no
// fleet, or the streams cannot be listed (the query itself then says why).
base::Task<std::optional<core::Coverage>> read_coverage(Call& call, Question question, bool all_hosts = false);

// The object of data.coverage and of the native query's event; docs/protocols/query.md names its members. `query` is
// for the link to its details. Empty without coverage.
std::string coverage_json(const std::optional<core::Coverage>& coverage, core::TimeRange range, std::string_view query);
// Its members, without the link.
void write_coverage(base::JsonWriter& json, const core::Coverage& coverage, core::TimeRange range);
std::string_view name_of(core::HostState state);
void write_host_coverage(base::JsonWriter& json, const core::HostCoverage& host);

}  // namespace cordwood::api
