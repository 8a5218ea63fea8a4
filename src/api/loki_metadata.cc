// Loki's endpoints to look around: labels, label values, series, index/stats.

#include <algorithm>
#include <utility>

#include "api/errors.h"
#include "api/loki_labels.h"
#include "api/loki_params.h"
#include "api/loki_response.h"
#include "api/routes.h"

namespace cordwood::api {
namespace {

// Loki's bounds are both included here.
core::TimeRange range_of(TimeBounds bounds) {
  return {bounds.start, bounds.end + base::nanoseconds(1)};
}

// A selector that does not select means everything.
void add_selector(std::vector<std::string>& selectors, std::string_view text) {
  if (text.empty() || text == "{}") return;
  if (std::find(selectors.begin(), selectors.end(), text) == selectors.end()) selectors.emplace_back(text);
}

base::StatusOr<core::SeriesRequest> labels_request(const Call& call) {
  ASSIGN_OR_RETURN(const TimeBounds bounds, parse_bounds(call.params, call.arrival));
  core::SeriesRequest request{.tenant = call.tenant, .selectors = {}, .range = range_of(bounds)};
  add_selector(request.selectors, call.param("query"));
  return request;
}

base::Task<io::HttpResponse> label_names(Call& call) {
  base::Task<base::StatusOr<std::vector<std::string>>> task = label_names_of(call);
  const base::StatusOr<std::vector<std::string>> names = co_await task;
  if (!names.ok()) co_return error_response(names.status(), Doing::kReading);
  co_return io::json_response(200, labels_response_json(*names));
}

base::Task<io::HttpResponse> label_values(Call& call) {
  base::Task<base::StatusOr<std::vector<std::string>>> task = label_values_of(call, call.path_args.at(0));
  const base::StatusOr<std::vector<std::string>> values = co_await task;
  if (!values.ok()) co_return error_response(values.status(), Doing::kReading);
  co_return io::json_response(200, labels_response_json(*values));
}

base::StatusOr<core::SeriesRequest> series_request(const Call& call) {
  ASSIGN_OR_RETURN(const TimeBounds bounds, parse_bounds(call.params, call.arrival));
  core::SeriesRequest request{.tenant = call.tenant, .selectors = {}, .range = range_of(bounds)};
  bool everything = false;
  for (const auto& [name, value] : call.params) {
    if (name != "match[]" && name != "match") continue;
    everything = everything || value == "{}";
    add_selector(request.selectors, value);
  }
  if (everything) request.selectors.clear();
  return request;
}

base::Task<io::HttpResponse> series(Call& call) {
  base::StatusOr<core::SeriesRequest> request = series_request(call);
  if (!request.ok()) co_return error_response(request.status(), Doing::kReading);
  base::Task<base::StatusOr<std::vector<core::Labels>>> task = call.deps.queries.series(std::move(request).value());
  const base::StatusOr<std::vector<core::Labels>> found = co_await task;
  if (!found.ok()) co_return error_response(found.status(), Doing::kReading);
  co_return io::json_response(200, series_response_json(*found));
}

base::Task<io::HttpResponse> index_stats(Call& call) {
  base::StatusOr<core::SeriesRequest> request = labels_request(call);
  if (!request.ok()) co_return error_response(request.status(), Doing::kReading);
  base::Task<base::StatusOr<core::IndexStats>> task = call.deps.queries.index_stats(std::move(request).value());
  const base::StatusOr<core::IndexStats> stats = co_await task;
  if (!stats.ok()) co_return error_response(stats.status(), Doing::kReading);
  co_return io::json_response(200, index_stats_json(*stats));
}

}  // namespace

base::Task<base::StatusOr<std::vector<std::string>>> label_names_of(Call& call) {
  CO_ASSIGN_OR_RETURN(core::SeriesRequest request, labels_request(call));
  base::Task<base::StatusOr<std::vector<std::string>>> task = call.deps.queries.label_names(std::move(request));
  base::StatusOr<std::vector<std::string>> names = co_await task;
  co_return names;
}

base::Task<base::StatusOr<std::vector<std::string>>> label_values_of(Call& call, std::string name) {
  CO_ASSIGN_OR_RETURN(core::SeriesRequest request, labels_request(call));
  base::Task<base::StatusOr<std::vector<std::string>>> task =
      call.deps.queries.label_values(std::move(request), std::move(name));
  base::StatusOr<std::vector<std::string>> values = co_await task;
  co_return values;
}

void add_loki_metadata_routes(Router& router) {
  router.add("GET POST", "/loki/api/v1/labels", label_names);
  router.add("GET POST", "/loki/api/v1/label", label_names);
  router.add("GET POST", "/loki/api/v1/label/{name}/values", label_values);
  router.add("GET POST", "/loki/api/v1/series", series);
  router.add("GET POST", "/api/prom/series", series);
  router.add("GET POST", "/loki/api/v1/index/stats", index_stats);
}

}  // namespace cordwood::api
