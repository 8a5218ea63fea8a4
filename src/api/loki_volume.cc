// Loki's index/volume and index/volume_range: how many bytes which streams have.

#include <algorithm>
#include <utility>

#include "api/errors.h"
#include "api/loki_params.h"
#include "api/loki_response.h"
#include "api/routes.h"
#include "logql/parse.h"
#include "logql/units.h"

namespace cordwood::api {
namespace {

// Not a label of streams, so that its volumes need the rows.
constexpr std::string_view kDetectedLevel = "detected_level";
constexpr std::uint32_t kDefaultVolumes = 100;

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view name = text.substr(0, comma);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return names;
}

struct VolumeCall {
  core::VolumeRequest request;
  TimeBounds bounds;
};

base::StatusOr<VolumeCall> volume_call(const Call& call, bool range) {
  VolumeCall out;
  ASSIGN_OR_RETURN(out.bounds, parse_bounds(call.params, call.arrival));
  if (out.bounds.end < out.bounds.start) {
    return base::invalid_argument_error("end timestamp must not be before or equal to start time");
  }
  core::VolumeRequest& request = out.request;
  request.tenant = call.tenant;
  request.selector = std::string(call.param("query"));
  request.range = {out.bounds.start, out.bounds.end};
  ASSIGN_OR_RETURN(request.limit, parse_limit(call.param("limit"), kDefaultVolumes));
  request.targets = split_names(call.param("targetLabels"));
  const std::string_view by = call.param("aggregateBy");
  if (!by.empty() && by != "series" && by != "labels") {
    return base::invalid_argument_error("invalid aggregation option: '{}'. must be one of: [series labels]", by);
  }
  request.by_label_name = by == "labels";
  if (!range) return out;
  request.step = default_step(out.bounds);
  if (const std::string_view step = call.param("step"); !step.empty()) {
    ASSIGN_OR_RETURN(request.step, parse_seconds_or_duration(step));
  }
  if (request.step.count() <= 0) {
    return base::invalid_argument_error(
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  if ((out.bounds.end - out.bounds.start) / request.step > call.limits().points_per_series_max) {
    return base::invalid_argument_error(
        "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter");
  }
  return out;
}

bool needs_rows(const core::VolumeRequest& request) {
  return !request.by_label_name &&
         std::find(request.targets.begin(), request.targets.end(), kDetectedLevel) != request.targets.end();
}

// `sum by (targets) (bytes_over_time(selector[step]))` with its buckets at their begin, as volumes have them.
base::StatusOr<core::QueryRequest> rows_request(const VolumeCall& of, const Call& call) {
  const core::VolumeRequest& volumes = of.request;
  const base::nanoseconds length = of.bounds.end - of.bounds.start;
  // A range in a query's text has whole milliseconds.
  constexpr base::nanoseconds kMilli = std::chrono::milliseconds(1);
  const base::nanoseconds wanted = volumes.step.count() > 0 ? volumes.step : std::max(length, kMilli);
  const base::nanoseconds step = (wanted + kMilli - base::nanoseconds(1)) / kMilli * kMilli;
  // Only names that are labels may stand in a query's text.
  std::string targets;
  for (const std::string& name : volumes.targets) {
    if (!core::is_valid_label_name(name)) return base::invalid_argument_error("\"{}\" is not a label name", name);
    targets += (targets.empty() ? "" : ",") + name;
  }
  ASSIGN_OR_RETURN(const auto matchers, logql::parse_matchers(volumes.selector, logql::SelectorCheck::kOff));
  static_cast<void>(matchers);
  core::QueryRequest request;
  request.tenant = call.tenant;
  request.cancel = call.request.client_gone;
  request.levels = core::LevelUse::kWhenNamed;
  request.query = fmt::format("sum by ({}) (bytes_over_time({}[{}]))", targets, volumes.selector,
                              logql::format_prometheus_duration(step));
  request.instant = volumes.step.count() == 0;
  // Windows of LogQL are open at their begin and closed at their end; buckets are the other way round.
  constexpr base::nanoseconds kNano(1);
  request.start = of.bounds.start + step - kNano;
  request.end = std::max(of.bounds.end, of.bounds.start + step) - kNano;
  request.step = step;
  return request;
}

core::QueryResult volumes_result(const core::Volumes& volumes, const VolumeCall& of) {
  core::QueryResult result;
  if (of.request.step.count() == 0) {
    core::VectorResult vector;
    for (const core::Volume& volume : volumes) {
      vector.series.push_back({volume.labels, {{of.bounds.end, static_cast<double>(volume.bytes)}}});
    }
    result.data = std::move(vector);
    return result;
  }
  core::MatrixResult matrix;
  for (const core::Volume& volume : volumes) {
    core::Series series{volume.labels, {}};
    for (const auto& [time, bytes] : volume.buckets) series.samples.push_back({time, static_cast<double>(bytes)});
    matrix.series.push_back(std::move(series));
  }
  result.data = std::move(matrix);
  return result;
}

// Buckets of a metric query are named by their end.
void name_by_begin(core::QueryResult& result, base::nanoseconds step) {
  if (auto* matrix = std::get_if<core::MatrixResult>(&result.data)) {
    for (core::Series& series : matrix->series) {
      for (core::Sample& sample : series.samples) sample.time = sample.time - step + base::nanoseconds(1);
    }
  }
}

base::Task<base::StatusOr<core::QueryResult>> find(Call& call, VolumeCall of) {
  if (needs_rows(of.request)) {
    CO_ASSIGN_OR_RETURN(core::QueryRequest request, rows_request(of, call));
    base::Task<base::StatusOr<core::QueryResult>> task = call.deps.queries.run(std::move(request));
    base::StatusOr<core::QueryResult> result = co_await task;
    if (result.ok()) name_by_begin(*result, of.request.step);
    co_return result;
  }
  core::VolumeRequest request = of.request;
  base::Task<base::StatusOr<core::Volumes>> task = call.deps.queries.volumes(std::move(request));
  const base::StatusOr<core::Volumes> volumes = co_await task;
  if (!volumes.ok()) co_return volumes.status();
  co_return volumes_result(*volumes, of);
}

base::Task<io::HttpResponse> answer(Call& call, bool range) {
  base::StatusOr<VolumeCall> of = volume_call(call, range);
  if (!of.ok()) co_return error_response(of.status(), Doing::kReading);
  base::Task<base::StatusOr<core::QueryResult>> task = find(call, *std::move(of));
  base::StatusOr<core::QueryResult> result = co_await task;
  if (!result.ok()) co_return error_response(result.status(), Doing::kReading);
  result->stats.exec_time = call.deps.executor.clock().monotonic() - call.started;
  co_return io::json_response(200, query_response_json(*std::move(result), {}));
}

base::Task<io::HttpResponse> volume(Call& call) {
  base::Task<io::HttpResponse> task = answer(call, false);
  io::HttpResponse response = co_await task;
  co_return response;
}

base::Task<io::HttpResponse> volume_range(Call& call) {
  base::Task<io::HttpResponse> task = answer(call, true);
  io::HttpResponse response = co_await task;
  co_return response;
}

}  // namespace

void add_loki_volume_routes(Router& router) {
  router.add("GET POST", "/loki/api/v1/index/volume", volume, Scope::kTenant, Cost::kQuery);
  router.add("GET POST", "/loki/api/v1/index/volume_range", volume_range, Scope::kTenant, Cost::kQuery);
}

}  // namespace cordwood::api
