// Loki's endpoints for tools, and a clear word for those that do not exist yet.

#include "api/errors.h"
#include "api/loki_response.h"
#include "api/routes.h"
#include "base/json_writer.h"
#include "logql/parse.h"
#include "logql/print.h"

namespace cordwood::api {
namespace {

base::Task<io::HttpResponse> format_query(Call& call) {
  const base::StatusOr<logql::Query> query = logql::parse(call.param("query"));
  if (!query.ok()) {
    co_return io::json_response(400, status_error_json("invalid-query", base::message_of(query.status())));
  }
  std::string body;
  base::JsonWriter json(body);
  json.begin_object().key("status").string("success").key("data").string(logql::format(*query)).end_object();
  co_return io::json_response(200, std::move(body));
}

base::Task<io::HttpResponse> build_info(Call& call) {
  std::string body;
  base::JsonWriter json(body);
  json.begin_object();
  json.key("version").string(call.deps.options.version).key("revision").string(call.deps.options.revision);
  json.key("branch").string("main").key("buildUser").string("").key("buildDate").string("");
  json.key("goVersion").string("").key("application").string("cordwood");
  json.end_object();
  co_return io::json_response(200, std::move(body));
}

base::Task<io::HttpResponse> not_built_yet(Call& call) {
  co_return plain_error(501, fmt::format("{} is not supported yet\n", call.request.path));
}

}  // namespace

void add_loki_tool_routes(Router& router) {
  router.add("GET POST", "/loki/api/v1/format_query", format_query);
  router.add("GET", "/loki/api/v1/status/buildinfo", build_info, Scope::kInstallation);
  // Rules are not here: Grafana takes a 404 there for "no ruler", and anything else for a fault.
  for (const char* path :
       {"/loki/api/v1/tail", "/loki/api/v1/index/volume", "/loki/api/v1/index/volume_range", "/loki/api/v1/patterns",
        "/loki/api/v1/detected_labels", "/loki/api/v1/detected_fields", "/loki/api/v1/detected_field/{name}/values",
        "/loki/api/v1/delete", "/loki/api/v1/drilldown-limits", "/api/prom/query", "/api/prom/label",
        "/api/prom/label/{name}/values", "/api/prom/series", "/api/prom/tail", "/otlp/v1/logs", "/v1/logs"}) {
    router.add("GET POST PUT DELETE", path, not_built_yet);
  }
}

}  // namespace cordwood::api
