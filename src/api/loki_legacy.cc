// Loki's endpoints from before /loki/api/v1: log queries only, labels as text, times as RFC 3339.

#include <utility>

#include "api/errors.h"
#include "api/loki_labels.h"
#include "api/loki_params.h"
#include "api/loki_response.h"
#include "api/loki_stats_json.h"
#include "api/routes.h"
#include "api/slow_query.h"
#include "base/json_writer.h"
#include "logql/parse.h"
#include "logql/print.h"

namespace cordwood::api {
namespace {

std::string legacy_json(core::LogResult streams, const core::QueryStats& stats) {
  streams = merge_labels(std::move(streams));
  std::uint64_t entries = 0;
  std::string out;
  base::JsonWriter json(out);
  for (const core::LogStream& stream : streams) entries += stream.entries.size();
  json.begin_object().key("streams");
  write_legacy_streams(json, streams);
  json.key("stats");
  write_stats(json, stats, entries);
  json.end_object();
  out += '\n';
  return out;
}

// `regexp` is one more filter on lines.
base::StatusOr<core::QueryRequest> legacy_request(const Call& call) {
  ASSIGN_OR_RETURN(RangeParams params,
                   parse_range_params(call.params, call.arrival, call.limits().points_per_series_max));
  ASSIGN_OR_RETURN(logql::Query query, logql::parse(params.query));
  if (!query.is_log()) {
    return base::invalid_argument_error("legacy endpoints only support streams result type, current type is matrix");
  }
  if (const std::string_view regexp = call.param("regexp"); !regexp.empty()) {
    std::string quoted;
    core::append_go_quoted(quoted, regexp);
    params.query = fmt::format("{} |~ {}", logql::print(query), quoted);
    RETURN_IF_ERROR(logql::parse(params.query).status());
  }
  RETURN_IF_ERROR(check_entries_limit(params.limit, call.limits()));
  core::QueryRequest request;
  request.tenant = call.tenant;
  request.query = std::move(params.query);
  request.start = params.bounds.start;
  request.end = params.bounds.end;
  request.interval = params.interval;
  request.limit = params.limit;
  request.direction = params.direction;
  request.levels = core::LevelUse::kAlways;
  request.cancel = call.request.client_gone;
  return request;
}

base::Task<io::HttpResponse> query(Call& call) {
  base::StatusOr<core::QueryRequest> request = legacy_request(call);
  if (!request.ok()) co_return error_response(request.status(), Doing::kReading);
  const std::string text = request->query;
  base::Task<base::StatusOr<core::QueryResult>> task = call.deps.queries.run(*std::move(request));
  base::StatusOr<core::QueryResult> result = co_await task;
  log_if_slow(call, text, result.ok() ? &result->stats : nullptr, result.status());
  if (!result.ok()) co_return error_response(result.status(), Doing::kReading);
  result->stats.queue_time = call.queue_time;
  co_return io::json_response(200, legacy_json(std::get<core::LogResult>(std::move(result->data)), result->stats));
}

// {"values":[..]}
std::string values_json(const std::vector<std::string>& values) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  if (!values.empty()) {
    json.key("values").begin_array();
    for (const std::string& value : values) json.string(value);
    json.end_array();
  }
  json.end_object();
  out += '\n';
  return out;
}

base::Task<io::HttpResponse> label(Call& call) {
  base::Task<base::StatusOr<std::vector<std::string>>> task = label_names_of(call);
  const base::StatusOr<std::vector<std::string>> names = co_await task;
  if (!names.ok()) co_return error_response(names.status(), Doing::kReading);
  co_return io::json_response(200, values_json(*names));
}

base::Task<io::HttpResponse> label_values(Call& call) {
  base::Task<base::StatusOr<std::vector<std::string>>> task = label_values_of(call, call.path_args.at(0));
  const base::StatusOr<std::vector<std::string>> values = co_await task;
  if (!values.ok()) co_return error_response(values.status(), Doing::kReading);
  co_return io::json_response(200, values_json(*values));
}

}  // namespace

void add_loki_legacy_routes(Router& router) {
  router.add("GET POST", "/api/prom/query", query, Scope::kTenant, Cost::kQuery);
  router.add("GET POST", "/api/prom/label", label);
  router.add("GET POST", "/api/prom/label/{name}/values", label_values);
}

}  // namespace cordwood::api
