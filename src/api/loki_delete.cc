// Loki's deletion of log entries: https://grafana.com/docs/loki/latest/reference/loki-http-api/#compactor

#include <utility>

#include "api/errors.h"
#include "api/loki_params.h"
#include "api/routes.h"
#include "base/json_writer.h"

namespace cordwood::api {
namespace {

base::StatusOr<core::DeletionRequest> deletion_request(const Call& call) {
  core::DeletionRequest request;
  request.tenant = call.tenant;
  request.query = std::string(call.param("query"));
  if (request.query.empty()) return base::invalid_argument_error("query not set");
  if (call.param("start").empty()) return base::invalid_argument_error("start time not set");
  const base::StatusOr<UnixNanos> start = parse_timestamp(call.param("start"), call.arrival);
  if (!start.ok()) return base::annotate(start.status(), "could not parse 'start' parameter");
  const base::StatusOr<UnixNanos> end = parse_timestamp(call.param("end"), call.arrival);
  if (!end.ok()) return base::annotate(end.status(), "could not parse 'end' parameter");
  if (*end > call.arrival) return base::invalid_argument_error("deletes in the future are not allowed");
  if (*start > *end) return base::invalid_argument_error("start time can't be greater than end time");
  // Both bounds belong to it.
  request.range = {*start, *end + base::nanoseconds(1)};
  return request;
}

io::HttpResponse no_content() {
  io::HttpResponse response;
  response.status = 204;
  return response;
}

// Unlike other waits of the store, nothing passes by itself here: bad requests are the client's.
io::HttpResponse failed(const base::Status& status) {
  if (status.code() == base::StatusCode::kFailedPrecondition) {
    return plain_error(400, fmt::format("{}\n", base::message_of(status)));
  }
  return error_response(status, Doing::kStoring);
}

base::Task<io::HttpResponse> request_deletion(Call& call) {
  base::StatusOr<core::DeletionRequest> request = deletion_request(call);
  if (!request.ok()) co_return failed(request.status());
  base::Task<base::StatusOr<std::string>> task = call.deps.store.request_deletion(*std::move(request));
  const base::StatusOr<std::string> id = co_await task;
  if (!id.ok()) co_return failed(id.status());
  io::HttpResponse response = no_content();
  response.headers.set("X-Delete-Request-ID", *id);
  co_return response;
}

double seconds_of(UnixNanos time) {
  return static_cast<double>(time.value / 1'000'000) / 1000;
}

std::string deletions_json(const std::vector<core::DeletionStatus>& deletions) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_array();
  for (const core::DeletionStatus& deletion : deletions) {
    json.begin_object().key("request_id").string(deletion.id);
    json.key("start_time").number(seconds_of(deletion.request.range.begin));
    json.key("end_time").number(seconds_of(deletion.request.range.end - base::nanoseconds(1)));
    json.key("query").string(deletion.request.query);
    const bool removed = deletion.state == core::DeletionState::kRemoved;
    json.key("status").string(removed ? "processed" : "received");
    json.key("created_at").number(seconds_of(deletion.created));
    // Beyond Loki: how far it is.
    json.key("parts_waiting").number(deletion.parts_waiting);
    json.key("deleted_lines").number(deletion.records_removed);
    json.end_object();
  }
  json.end_array();
  out += '\n';
  return out;
}

base::Task<io::HttpResponse> list_deletions(Call& call) {
  core::TenantId tenant = call.tenant;
  base::Task<base::StatusOr<std::vector<core::DeletionStatus>>> task = call.deps.store.deletions(std::move(tenant));
  const base::StatusOr<std::vector<core::DeletionStatus>> deletions = co_await task;
  if (!deletions.ok()) co_return failed(deletions.status());
  co_return io::json_response(200, deletions_json(*deletions));
}

base::Task<io::HttpResponse> cancel_deletion(Call& call) {
  core::TenantId tenant = call.tenant;
  std::string id(call.param("request_id"));
  if (id.empty()) co_return plain_error(400, "request_id not set\n");
  base::Task<base::Status> task = call.deps.store.cancel_deletion(std::move(tenant), std::move(id));
  const base::Status status = co_await task;
  if (status.code() == base::StatusCode::kNotFound) {
    co_return plain_error(404, "could not find delete request with given id\n");
  }
  if (!status.ok()) co_return failed(status);
  co_return no_content();
}

}  // namespace

void add_loki_delete_routes(Router& router) {
  router.add("POST PUT", "/loki/api/v1/delete", request_deletion).right = Right::kAdmin;
  router.add("GET", "/loki/api/v1/delete", list_deletions).right = Right::kAdmin;
  router.add("DELETE", "/loki/api/v1/delete", cancel_deletion).right = Right::kAdmin;
}

}  // namespace cordwood::api
