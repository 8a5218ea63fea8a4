// Loki's query and query_range.

#include <utility>

#include "api/coverage.h"
#include "api/errors.h"
#include "api/loki_labels.h"
#include "api/loki_params.h"
#include "api/loki_response.h"
#include "api/routes.h"
#include "api/slow_query.h"
#include "logql/parse.h"

namespace cordwood::api {

base::Status check_entries_limit(std::uint32_t limit, const core::Limits& limits) {
  if (limit <= limits.entries_per_query_max) return base::ok_status();
  return base::invalid_argument_error(
      "max entries limit per query exceeded, limit > max_entries_limit_per_query ({} > {})", limit,
      limits.entries_per_query_max);
}

namespace {

// Logs Drilldown shows what there is and a warning; dashboards want Loki's error.
bool asks_for_partial_series(const io::HttpRequest& request) {
  return request.headers.get("X-Query-Tags").find("grafana-lokiexplore-app") != std::string_view::npos;
}

// As in Loki, whose caches may be stale; here the answer is the same, only slower.
bool bypasses_caches(const io::HttpRequest& request) {
  return request.headers.get("Cache-Control").find("no-cache") != std::string_view::npos;
}

struct Asked {
  core::QueryRequest request;
  Question question;
};

base::Task<io::HttpResponse> run(Call& call, Asked asked) {
  core::QueryRequest& request = asked.request;
  request.tenant = call.tenant;
  request.cancel = call.request.client_gone;
  request.cut_series = asks_for_partial_series(call.request);
  request.remembered = !bypasses_caches(call.request);
  const std::string text = request.query;
  const core::TimeRange range{request.start, request.end};
  base::Task<std::optional<core::Coverage>> reading = read_coverage(call, std::move(asked.question));
  const std::optional<core::Coverage> coverage = co_await reading;
  base::Task<base::StatusOr<core::QueryResult>> task = call.deps.queries.run(std::move(request));
  base::StatusOr<core::QueryResult> result = co_await task;
  log_if_slow(call, text, result.ok() ? &result->stats : nullptr, result.status());
  if (!result.ok()) co_return error_response(result.status(), Doing::kReading);
  result->stats.queue_time = call.queue_time;
  const ResponseOptions options = response_options_of(call.request);
  co_return io::json_response(
      200, query_response_json(std::move(result).value(), options, coverage_json(coverage, range, text)));
}

base::StatusOr<Asked> range_request(const Call& call) {
  ASSIGN_OR_RETURN(RangeParams params,
                   parse_range_params(call.params, call.arrival, call.limits().points_per_series_max));
  ASSIGN_OR_RETURN(const logql::Query query, logql::parse(params.query));
  core::QueryRequest request;
  if (query.is_log()) {
    RETURN_IF_ERROR(check_entries_limit(params.limit, call.limits()));
    request.levels = core::LevelUse::kAlways;
  } else {
    params.bounds = align_to_step(params.bounds, params.step);
    request.levels = core::LevelUse::kWhenNamed;
  }
  request.query = std::move(params.query);
  request.start = params.bounds.start;
  request.end = params.bounds.end;
  request.step = params.step;
  request.interval = params.interval;
  request.limit = params.limit;
  request.direction = params.direction;
  Question question = question_of(query, {request.start, request.end});
  return Asked{std::move(request), std::move(question)};
}

base::StatusOr<Asked> instant_request(const Call& call) {
  ASSIGN_OR_RETURN(InstantParams params, parse_instant_params(call.params, call.arrival));
  ASSIGN_OR_RETURN(const logql::Query query, logql::parse(params.query));
  if (query.is_log()) {
    return base::invalid_argument_error(
        "log queries are not supported as an instant query type, please change your query to a range query type");
  }
  core::QueryRequest request;
  request.query = std::move(params.query);
  request.instant = true;
  request.levels = core::LevelUse::kWhenNamed;
  request.start = params.time;
  request.end = params.time;
  request.limit = params.limit;
  request.direction = params.direction;
  Question question = question_of(query, {request.start, request.end});
  return Asked{std::move(request), std::move(question)};
}

base::Task<io::HttpResponse> query_range(Call& call) {
  base::StatusOr<Asked> asked = range_request(call);
  if (!asked.ok()) co_return error_response(asked.status(), Doing::kReading);
  base::Task<io::HttpResponse> task = run(call, std::move(asked).value());
  io::HttpResponse response = co_await task;
  co_return response;
}

base::Task<io::HttpResponse> query(Call& call) {
  base::StatusOr<Asked> asked = instant_request(call);
  if (!asked.ok()) co_return error_response(asked.status(), Doing::kReading);
  base::Task<io::HttpResponse> task = run(call, std::move(asked).value());
  io::HttpResponse response = co_await task;
  co_return response;
}

}  // namespace

void add_loki_query_routes(Router& router) {
  router.add("GET POST", "/loki/api/v1/query_range", query_range, Scope::kTenant, Cost::kQuery);
  router.add("GET POST", "/loki/api/v1/query", query, Scope::kTenant, Cost::kQuery);
}

}  // namespace cordwood::api
