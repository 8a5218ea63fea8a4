// The fleet: heartbeats of agents in, hosts and coverage out.

#include <utility>

#include "api/body.h"
#include "api/coverage.h"
#include "api/errors.h"
#include "api/loki_params.h"
#include "api/routes.h"
#include "ingest/native/heartbeat.h"
#include "ingest/native/messages.h"
#include "logql/parse.h"

namespace cordwood::api {
namespace {

namespace native = ingest::native;

io::HttpResponse no_fleet() {
  return plain_error(404, "this server keeps no fleet\n");
}

base::Task<io::HttpResponse> heartbeat(Call& call) {
  if (call.deps.heartbeats == nullptr) co_return no_fleet();
  const base::StatusOr<std::string> body = decompressed_body(call.request, call.limits().body_decompressed_bytes_max);
  if (!body.ok()) co_return error_response(body.status(), Doing::kDecoding);
  base::StatusOr<core::Heartbeat> decoded = native::decode_heartbeat(*body);
  if (!decoded.ok()) co_return error_response(decoded.status(), Doing::kDecoding);
  decoded->tenant = call.tenant;
  base::Task<base::StatusOr<core::HeartbeatAnswer>> task = call.deps.heartbeats->heartbeat(*std::move(decoded));
  const base::StatusOr<core::HeartbeatAnswer> answer = co_await task;
  if (answer.status().code() == base::StatusCode::kFailedPrecondition) co_return plain_error(409, "epoch\n");
  if (!answer.ok()) co_return error_response(answer.status(), Doing::kDecoding);
  io::HttpResponse response;
  response.headers.set("Content-Type", native::kContentType);
  response.body = native::encode_heartbeat_answer(*answer);
  co_return response;
}

std::string_view name_of(core::LossReason reason) {
  switch (reason) {
    case core::LossReason::kGone:
      return "gone before it was read";
    case core::LossReason::kTruncated:
      return "truncated in place";
    case core::LossReason::kSpoolFull:
      return "spool full";
    case core::LossReason::kUnreadable:
      return "unreadable";
    case core::LossReason::kVacuumed:
      return "vacuumed by journald";
    case core::LossReason::kRefused:
      return "refused by the server";
  }
  return "";
}

std::string_view name_of(core::GenerationState state) {
  switch (state) {
    case core::GenerationState::kLive:
      return "live";
    case core::GenerationState::kRotated:
      return "rotated";
    case core::GenerationState::kFinished:
      return "finished";
    case core::GenerationState::kMissing:
      return "missing";
  }
  return "";
}

std::string time_text(core::UnixNanos time) {
  return std::to_string(time.value);
}

void write_entry(base::JsonWriter& json, const core::LedgerEntry& entry) {
  json.begin_object();
  json.key("path").string(entry.path).key("generation").string(base::to_hex(entry.generation.value));
  json.key("labels").string(entry.labels->to_text());
  json.key("unit").string(entry.unit == core::PositionUnit::kBytes ? "bytes" : "records");
  json.key("state").string(name_of(entry.state));
  json.key("seen").number(entry.seen).key("acked").number(entry.acked).key("pending").number(entry.pending);
  json.key("last_write").string(time_text(entry.last_write)).key("last_read").string(time_text(entry.last_read));
  if (!entry.problem.empty()) json.key("problem").string(entry.problem);
  json.key("dropped").begin_array();
  for (const core::DroppedByRule& dropped : entry.dropped) {
    json.begin_object().key("rule").string(dropped.rule).key("bytes").number(dropped.bytes);
    json.key("records").number(dropped.records).end_object();
  }
  json.end_array().key("losses").begin_array();
  for (const core::Loss& loss : entry.losses) {
    json.begin_object().key("begin").number(loss.begin).key("at_least").number(loss.at_least);
    json.key("exact").boolean(loss.exact).key("since").string(time_text(loss.since));
    json.key("until").string(time_text(loss.until)).key("reason").string(name_of(loss.reason)).end_object();
  }
  json.end_array().end_object();
}

void write_host(base::JsonWriter& json, const core::FleetHost& host, bool files) {
  json.begin_object();
  write_host_coverage(json, host.now);
  json.key("version").string(host.version).key("first_seen").string(time_text(host.first_seen));
  json.key("retired").boolean(host.retired).key("files").number(host.files);
  json.key("seen_bytes").number(host.seen_bytes).key("acked_bytes").number(host.acked_bytes);
  json.key("last_write").string(time_text(host.last_write));
  if (files) {
    json.key("entries").begin_array();
    for (const core::LedgerEntry& entry : host.entries) write_entry(json, entry);
    json.end_array();
  }
  json.end_object();
}

// GET /api/v1/fleet[?host=NAME][&files=true]
base::Task<io::HttpResponse> fleet(Call& call) {
  if (call.deps.fleet == nullptr) co_return no_fleet();
  const bool files = call.param("files") == "true";
  const std::string host(call.param("host"));
  const std::vector<core::FleetHost> hosts = call.deps.fleet->hosts(call.tenant, host, files);
  if (!host.empty() && hosts.empty()) co_return plain_error(404, fmt::format("no host {} is known\n", host));
  std::string body;
  base::JsonWriter json(body);
  json.begin_object().key("now").string(time_text(call.arrival)).key("hosts").begin_array();
  for (const core::FleetHost& facts : hosts) write_host(json, facts, files);
  json.end_array().end_object();
  body += '\n';
  co_return io::json_response(200, std::move(body));
}

// POST /api/v1/fleet/retire?host=NAME
base::Task<io::HttpResponse> retire(Call& call) {
  if (call.deps.fleet == nullptr) co_return no_fleet();
  std::string host(call.param("host"));
  if (host.empty()) co_return plain_error(400, "host is missing\n");
  core::TenantId tenant = call.tenant;
  base::Task<base::Status> task = call.deps.fleet->retire(std::move(tenant), std::move(host));
  const base::Status done = co_await task;
  if (done.code() == base::StatusCode::kFailedPrecondition) {
    co_return plain_error(409, fmt::format("{}\n", base::message_of(done)));
  }
  if (!done.ok()) co_return error_response(done, Doing::kStoring);
  io::HttpResponse response;
  response.status = 204;
  co_return response;
}

// GET /api/v1/coverage?query=...: every host, of the query's selectors over the range.
base::Task<io::HttpResponse> coverage(Call& call) {
  if (call.deps.coverage == nullptr) co_return no_fleet();
  const base::StatusOr<TimeBounds> bounds = parse_bounds(call.params, call.arrival);
  if (!bounds.ok()) co_return error_response(bounds.status(), Doing::kReading);
  const base::StatusOr<logql::Query> query = logql::parse(call.param("query"));
  if (!query.ok()) co_return error_response(query.status(), Doing::kReading);
  const core::TimeRange range{bounds->start, bounds->end};
  Question question = question_of(*query, range);
  base::Task<std::optional<core::Coverage>> task = read_coverage(call, std::move(question), true);
  const std::optional<core::Coverage> found = co_await task;
  if (!found.has_value()) co_return plain_error(503, "the streams of the query could not be listed\n");
  std::string body;
  base::JsonWriter json(body);
  json.begin_object();
  write_coverage(json, *found, range);
  json.end_object();
  body += '\n';
  co_return io::json_response(200, std::move(body));
}

}  // namespace

void add_fleet_routes(Router& router) {
  router.add("POST", std::string(native::kHeartbeatPath), heartbeat).right = Right::kWrite;
  router.add("GET", "/api/v1/fleet", fleet);
  router.add("POST", "/api/v1/fleet/retire", retire).right = Right::kAdmin;
  router.add("GET POST", "/api/v1/coverage", coverage);
}

}  // namespace cordwood::api
