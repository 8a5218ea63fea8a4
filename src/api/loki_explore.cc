// Loki's endpoints for exploring: patterns, detected_labels, detected_fields and the values of one.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "api/errors.h"
#include "api/loki_explore_json.h"
#include "api/loki_params.h"
#include "api/routes.h"

namespace cordwood::api {
namespace {

constexpr std::uint32_t kDefaultLines = 100;
constexpr std::uint32_t kDefaultFields = 1000;
// Narrower steps would make answers long and say nothing.
constexpr base::nanoseconds kPatternStepMin = std::chrono::seconds(10);

base::StatusOr<core::TimeRange> range_of(const Call& call) {
  ASSIGN_OR_RETURN(const TimeBounds bounds, parse_bounds(call.params, call.arrival));
  if (bounds.end < bounds.start) {
    return base::invalid_argument_error("end timestamp must not be before or equal to start time");
  }
  return core::TimeRange{bounds.start, bounds.end};
}

// --- patterns ------------------------------------------------------------------------------------------------------

base::StatusOr<core::PatternsRequest> patterns_request(const Call& call) {
  core::PatternsRequest request;
  request.tenant = call.tenant;
  request.cancel = call.request.client_gone;
  request.query = std::string(call.param("query"));
  ASSIGN_OR_RETURN(request.range, range_of(call));
  request.step = default_step({request.range.begin, request.range.end});
  if (const std::string_view step = call.param("step"); !step.empty()) {
    ASSIGN_OR_RETURN(request.step, parse_seconds_or_duration(step));
  }
  request.step = std::max(request.step, kPatternStepMin);
  return request;
}

base::Task<io::HttpResponse> patterns(Call& call) {
  base::StatusOr<core::PatternsRequest> request = patterns_request(call);
  if (!request.ok()) co_return error_response(request.status(), Doing::kReading);
  base::Task<base::StatusOr<core::LogPatterns>> task = call.deps.queries.patterns(*std::move(request));
  const base::StatusOr<core::LogPatterns> found = co_await task;
  if (!found.ok()) co_return error_response(found.status(), Doing::kReading);
  co_return io::json_response(200, patterns_json(*found));
}

// --- detected labels -------------------------------------------------------------------------------------------------

base::Task<io::HttpResponse> detected_labels(Call& call) {
  core::SeriesRequest request;
  request.tenant = call.tenant;
  const base::StatusOr<core::TimeRange> range = range_of(call);
  if (!range.ok()) co_return error_response(range.status(), Doing::kReading);
  request.range = *range;
  const std::string_view query = call.param("query");
  if (!query.empty() && query != "{}") request.selectors.emplace_back(query);
  base::Task<base::StatusOr<std::vector<core::Labels>>> task = call.deps.queries.series(std::move(request));
  const base::StatusOr<std::vector<core::Labels>> series = co_await task;
  if (!series.ok()) co_return error_response(series.status(), Doing::kReading);
  co_return io::json_response(200, detected_labels_json(*series));
}

// --- detected fields -------------------------------------------------------------------------------------------------

std::string_view first_of(const Call& call, std::string_view name, std::string_view alias) {
  const std::string_view value = call.param(name);
  return value.empty() ? call.param(alias) : value;
}

base::StatusOr<core::FieldsRequest> fields_request(const Call& call) {
  core::FieldsRequest request;
  request.tenant = call.tenant;
  request.cancel = call.request.client_gone;
  request.query = std::string(call.param("query"));
  ASSIGN_OR_RETURN(request.range, range_of(call));
  ASSIGN_OR_RETURN(request.lines_max, parse_limit(call.param("line_limit"), kDefaultLines));
  request.lines_max = std::min(request.lines_max, call.limits().entries_per_query_max);
  ASSIGN_OR_RETURN(request.fields_max, parse_limit(first_of(call, "limit", "field_limit"), kDefaultFields));
  return request;
}

base::Task<io::HttpResponse> detected_fields(Call& call) {
  base::StatusOr<core::FieldsRequest> request = fields_request(call);
  if (!request.ok()) co_return error_response(request.status(), Doing::kReading);
  const std::uint32_t limit = request->fields_max;
  base::Task<base::StatusOr<std::vector<core::DetectedField>>> task =
      call.deps.queries.detected_fields(*std::move(request));
  const base::StatusOr<std::vector<core::DetectedField>> fields = co_await task;
  if (!fields.ok()) co_return error_response(fields.status(), Doing::kReading);
  co_return io::json_response(200, detected_fields_json(*fields, limit));
}

base::Task<io::HttpResponse> detected_field_values(Call& call) {
  base::StatusOr<core::FieldsRequest> request = fields_request(call);
  if (!request.ok()) co_return error_response(request.status(), Doing::kReading);
  const std::uint32_t limit = request->fields_max;
  request->only = call.path_args.at(0);
  base::Task<base::StatusOr<std::vector<core::DetectedField>>> task =
      call.deps.queries.detected_fields(*std::move(request));
  base::StatusOr<std::vector<core::DetectedField>> fields = co_await task;
  if (!fields.ok()) co_return error_response(fields.status(), Doing::kReading);
  std::vector<std::string> values;
  if (!fields->empty()) values = std::move(fields->front().values);
  if (values.size() > limit) values.resize(limit);
  co_return io::json_response(200, field_values_json(values, limit));
}

}  // namespace

void add_loki_explore_routes(Router& router) {
  router.add("GET POST", "/loki/api/v1/patterns", patterns, Scope::kTenant, Cost::kQuery);
  router.add("GET POST", "/loki/api/v1/detected_labels", detected_labels);
  router.add("GET POST", "/loki/api/v1/detected_fields", detected_fields, Scope::kTenant, Cost::kQuery);
  router.add("GET POST", "/loki/api/v1/detected_field/{name}/values", detected_field_values, Scope::kTenant,
             Cost::kQuery);
}

}  // namespace cordwood::api
