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

// What Logs Drilldown asks at its start: limits under Loki's names, and what it may use.
base::Task<io::HttpResponse> drilldown_limits(Call& call) {
  const core::Limits& limits = call.limits();
  const auto seconds = [](base::nanoseconds value) { return fmt::format("{}s", value.count() / 1'000'000'000); };
  std::string body;
  base::JsonWriter json(body);
  json.begin_object().key("limits").begin_object();
  json.key("discover_log_levels").boolean(true);
  json.key("discover_service_name").begin_array();
  for (const char* name : {"service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container",
                           "container_name", "k8s_container_name", "component", "workload", "job", "k8s_job_name"}) {
    json.string(name);
  }
  json.end_array();
  json.key("log_level_fields").begin_array();
  for (const char* name : {"level", "LEVEL", "Level", "log.level", "severity", "SEVERITY", "Severity", "SeverityText",
                           "lvl", "LVL", "Lvl", "severity_text", "Severity_Text", "SEVERITY_TEXT"}) {
    json.string(name);
  }
  json.end_array();
  json.key("max_entries_limit_per_query").number(std::uint64_t{limits.entries_per_query_max});
  json.key("max_line_size_truncate").boolean(false);
  json.key("max_query_bytes_read").string(fmt::format("{}B", limits.query_bytes_read_max));
  json.key("max_query_length").string(seconds(limits.query_length_max));
  json.key("max_query_lookback").string(seconds(limits.query_lookback_max));
  json.key("max_query_range").string(seconds(limits.query_range_max));
  json.key("max_query_series").number(std::uint64_t{limits.query_series_max});
  json.key("metric_aggregation_enabled").boolean(false).key("pattern_persistence_enabled").boolean(false);
  json.key("query_timeout").string(seconds(limits.query_timeout));
  json.key("retention_period").string("0s");
  json.key("volume_enabled").boolean(true).key("volume_max_series").number(1000);
  json.end_object();
  json.key("maxRelevantLabels").number(50);
  json.key("pattern_ingester_enabled").boolean(true);
  json.key("version").string(call.deps.options.version);
  json.end_object();
  body += '\n';
  co_return io::json_response(200, std::move(body));
}

// The limits in effect as Loki's YAML: what tools read before they ask.
base::Task<io::HttpResponse> tenant_limits(Call& call) {
  const core::Limits& limits = call.limits();
  const auto seconds = [](base::nanoseconds value) { return fmt::format("{}s", value.count() / 1'000'000'000); };
  std::string body;
  const auto add = [&body](std::string_view name, const auto& value) { body += fmt::format("{}: {}\n", name, value); };
  add("creation_grace_period", seconds(limits.creation_grace_period));
  add("max_concurrent_tail_requests", limits.tails_max);
  add("max_entries_limit_per_query", limits.entries_per_query_max);
  add("max_label_name_length", limits.label_name_bytes_max);
  add("max_label_names_per_series", limits.label_names_per_series_max);
  add("max_label_value_length", limits.label_value_bytes_max);
  add("max_line_size", fmt::format("{}B", limits.line_bytes_max));
  add("max_query_bytes_read", fmt::format("{}B", limits.query_bytes_read_max));
  add("max_query_length", seconds(limits.query_length_max));
  add("max_query_lookback", seconds(limits.query_lookback_max));
  add("max_query_range", seconds(limits.query_range_max));
  add("max_query_series", limits.query_series_max);
  add("max_structured_metadata_entries_count", limits.structured_metadata_entries_max);
  add("max_structured_metadata_size", fmt::format("{}B", limits.structured_metadata_bytes_max));
  add("query_timeout", seconds(limits.query_timeout));
  io::HttpResponse response;
  response.status = 200;
  response.headers.set("Content-Type", "application/yaml");
  response.body = std::move(body);
  co_return response;
}

base::Task<io::HttpResponse> not_built_yet(Call& call) {
  co_return plain_error(501, fmt::format("{} is not supported yet\n", call.request.path));
}

}  // namespace

void add_loki_tool_routes(Router& router) {
  router.add("GET POST", "/loki/api/v1/format_query", format_query);
  router.add("GET", "/loki/api/v1/drilldown-limits", drilldown_limits);
  router.add("GET", "/config/tenant/v1/limits", tenant_limits);
  router.add("GET", "/loki/api/v1/status/buildinfo", build_info, Scope::kInstallation);
  // Rules are not here: Grafana takes a 404 there for "no ruler", and anything else for a fault.
  for (const char* path : {"/otlp/v1/logs", "/v1/logs"}) {
    router.add("GET POST PUT DELETE", path, not_built_yet);
  }
}

}  // namespace cordwood::api
