#include "api/api.h"

#include <algorithm>
#include <map>
#include <utility>

#include "api/call.h"
#include "api/errors.h"
#include "api/push_gate.h"
#include "api/query_gate.h"
#include "api/router.h"
#include "api/routes.h"
#include "base/mutex.h"

namespace cordwood::api {

// Counts of one route, made on first use.
struct RouteMetrics {
  base::Histogram* seconds = nullptr;
  base::Mutex mutex;
  std::map<std::pair<std::string, unsigned>, base::Counter*> requests GUARDED_BY(mutex);  // by method and status
};

struct Api::State {
  explicit State(ApiDependencies dependencies)
      : deps(std::move(dependencies)),
        gate(deps.executor, deps.metrics, deps.options.queries_running_max, deps.options.limits),
        push_gate(deps.metrics, deps.options.limits) {
    add_loki_push_routes(router);
    add_loki_query_routes(router);
    add_loki_metadata_routes(router);
    add_loki_volume_routes(router);
    add_loki_explore_routes(router);
    add_loki_delete_routes(router);
    add_loki_legacy_routes(router);
    add_loki_tail_routes(router);
    add_loki_tool_routes(router);
    add_native_push_routes(router);
    add_native_query_routes(router);
    add_fleet_routes(router);
    add_admin_routes(router);
    add_admin_store_routes(router);
    add_home_routes(router);
    metrics = std::vector<RouteMetrics>(router.routes().size() + 1);
    for (const auto& route : router.routes()) {
      metrics[route->index].seconds = &deps.metrics.histogram(
          "cordwood_http_request_seconds", "Time from the end of a request to its answer, streams without their rows.",
          {{"route", route->pattern}});
    }
  }

  base::StatusOr<core::TenantId> tenant_of(const io::HttpRequest& request, const Route& route) const;
  void count(const io::HttpRequest& request, const Route* route, const io::HttpResponse& response,
             base::nanoseconds took);

  const ApiDependencies deps;
  const base::MonotonicNanos started = deps.executor.clock().monotonic();
  QueryGate gate;
  PushGate push_gate;
  AccessList access;
  Router router;
  std::vector<RouteMetrics> metrics;  // by route; the last is for paths that have none
};

base::StatusOr<core::TenantId> Api::State::tenant_of(const io::HttpRequest& request, const Route& route) const {
  ASSIGN_OR_RETURN(const AccessList::Grant grant, access.check(request, route.right));
  if (route.scope == Scope::kInstallation || !deps.options.tenants) return core::TenantId::default_tenant();
  const std::string_view name = request.headers.get("X-Scope-OrgID");
  if (grant.tenant.has_value()) {
    if (name.empty() || name == grant.tenant->value) return *grant.tenant;
    return base::permission_denied_error("token \"{}\" belongs to another tenant than {}", grant.token_name, name);
  }
  if (name.empty()) return base::unauthenticated_error("no org id");
  return core::parse_tenant_id(name);
}

void Api::State::count(const io::HttpRequest& request, const Route* route, const io::HttpResponse& response,
                       base::nanoseconds took) {
  RouteMetrics& own = metrics[route != nullptr ? route->index : metrics.size() - 1];
  if (own.seconds != nullptr) own.seconds->observe_nanos(took.count());
  // Methods come from outside; a metric for each would be a leak.
  const bool known = route != nullptr || request.method == "GET" || request.method == "POST";
  const std::string method = known ? request.method : "other";
  const base::MutexLock lock(own.mutex);
  base::Counter*& counter = own.requests[{method, response.status}];
  if (counter == nullptr) {
    counter = &deps.metrics.counter("cordwood_http_requests_total", "HTTP requests answered.",
                                    {{"method", method},
                                     {"route", route != nullptr ? route->pattern : "none"},
                                     {"status", std::to_string(response.status)}});
  }
  counter->add();
}

namespace {

bool is_form(const io::HttpRequest& request) {
  if (request.method != "POST" && request.method != "PUT") return false;
  const std::string_view type = request.headers.get("Content-Type");
  static constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  return type.substr(0, kForm.size()) == kForm;
}

io::HttpParams params_of(const io::HttpRequest& request) {
  io::HttpParams params;
  if (is_form(request)) params = io::parse_form(*request.body);
  io::HttpParams of_query = io::parse_form(request.query);
  std::move(of_query.begin(), of_query.end(), std::back_inserter(params));
  return params;
}

base::Task<io::HttpResponse> in_turn(Call& call, const Route& route) {
  QueryPermit permit;
  if (route.cost == Cost::kQuery) {
    core::TenantId tenant = call.tenant;
    base::StatusOr<QueryPermit> entered = co_await call.gate.enter(std::move(tenant), call.request.client_gone);
    if (!entered.ok()) co_return error_response(entered.status(), Doing::kQueueing);
    permit = *std::move(entered);
    call.queue_time = call.deps.executor.clock().monotonic() - call.started;
  }
  io::HttpResponse response = co_await route.handler(call);
  co_return response;
}

io::HttpResponse no_route(const RouteMatch& match) {
  if (match.allowed_methods.empty()) return plain_error(404, "404 page not found\n");
  io::HttpResponse response = plain_error(405, "method not allowed\n");
  response.headers.set("Allow", match.allowed_methods);
  return response;
}

}  // namespace

Api::Api(ApiDependencies dependencies) : state_(std::make_unique<State>(std::move(dependencies))) {}
Api::~Api() = default;

AccessList& Api::access() {
  return state_->access;
}

base::Task<io::HttpResponse> Api::handle(io::HttpRequest& request) {
  State& state = *state_;
  const base::MonotonicNanos started = state.deps.executor.clock().monotonic();
  RouteMatch match = state.router.match(request.method, request.path);
  io::HttpResponse response;
  if (match.route == nullptr) {
    response = no_route(match);
  } else {
    base::StatusOr<core::TenantId> tenant = state.tenant_of(request, *match.route);
    if (!tenant.ok()) {
      response = error_response(tenant.status(), Doing::kReading);
    } else {
      Call call{.deps = state.deps,
                .request = request,
                .tenant = std::move(tenant).value(),
                .arrival = state.deps.executor.clock().now(),
                .started = started,
                .server_started = state.started,
                .gate = state.gate,
                .push_gate = state.push_gate,
                .path_args = std::move(match.path_args),
                .params = params_of(request)};
      base::Task<io::HttpResponse> task = in_turn(call, *match.route);
      response = co_await task;
    }
  }
  state.count(request, match.route, response, state.deps.executor.clock().monotonic() - started);
  co_return response;
}

}  // namespace cordwood::api
