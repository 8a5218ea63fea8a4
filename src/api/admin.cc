// What operators and probes ask.

#include "api/errors.h"
#include "api/routes.h"
#include "base/json_writer.h"

namespace cordwood::api {
namespace {

base::Task<io::HttpResponse> ready(Call& call) {
  const base::Status status = call.deps.ready ? call.deps.ready() : base::ok_status();
  if (!status.ok()) co_return plain_error(503, fmt::format("not ready: {}\n", base::message_of(status)));
  co_return io::text_response(200, "ready\n");
}

base::Task<io::HttpResponse> metrics(Call& call) {
  io::HttpResponse response = io::text_response(200, call.deps.metrics.prometheus_text());
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  co_return response;
}

base::Task<io::HttpResponse> config(Call& call) {
  co_return io::text_response(200, call.deps.options.config_text);
}

base::Task<io::HttpResponse> status(Call& call) {
  base::Task<base::StatusOr<core::StoreStatus>> task = call.deps.store.status();
  const base::StatusOr<core::StoreStatus> store = co_await task;
  if (!store.ok()) co_return error_response(store.status(), Doing::kReading);
  const double uptime = static_cast<double>((call.started - call.server_started).count()) * 1e-9;
  std::string body;
  base::JsonWriter json(body);
  json.begin_object();
  json.key("version").string(call.deps.options.version).key("revision").string(call.deps.options.revision);
  json.key("uptime_seconds").number(uptime);
  json.key("stored_bytes").number(store->stored_bytes).key("raw_bytes").number(store->raw_bytes);
  json.key("records").number(store->records).key("parts").number(store->parts);
  json.key("journal_bytes").number(store->journal_bytes).key("head_bytes").number(store->head_bytes);
  json.key("head_records").number(store->head_records).key("streams").number(store->streams);
  json.key("disk_budget_bytes").number(store->disk_budget_bytes);
  json.key("deletions_waiting").number(store->deletions_waiting);
  json.end_object();
  body += '\n';
  co_return io::json_response(200, std::move(body));
}

io::HttpResponse done(const base::Status& result) {
  if (!result.ok()) return error_response(result, Doing::kStoring);
  io::HttpResponse response;
  response.status = 204;
  return response;
}

base::Task<io::HttpResponse> flush(Call& call) {
  base::Task<base::Status> task = call.deps.store.flush();
  const base::Status result = co_await task;
  co_return done(result);
}

base::Task<io::HttpResponse> compact(Call& call) {
  if (call.param("wait") != "true") {
    co_return plain_error(400, "add wait=true: compaction runs by itself, this endpoint waits until nothing is left\n");
  }
  base::Task<base::Status> task = call.deps.store.compact();
  const base::Status result = co_await task;
  co_return done(result);
}

}  // namespace

void add_admin_routes(Router& router) {
  router.add("GET", "/ready", ready, Scope::kInstallation).right = Right::kNothing;
  router.add("GET", "/metrics", metrics, Scope::kInstallation);
  router.add("GET", "/config", config, Scope::kInstallation).right = Right::kAdmin;
  router.add("GET", "/api/v1/status", status, Scope::kInstallation);
  router.add("POST", "/flush", flush, Scope::kInstallation).right = Right::kAdmin;
  router.add("POST", "/api/v1/admin/compact", compact, Scope::kInstallation).right = Right::kAdmin;
}

}  // namespace cordwood::api
