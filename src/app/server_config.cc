#include "app/server_config.h"

namespace cordwood::app {
namespace {

bool is_loopback(std::string_view listen) {
  const std::string_view host = listen.substr(0, listen.rfind(':'));
  return host.starts_with("127.") || host == "localhost" || host == "[::1]";
}

void bind_limits(Settings& settings, core::Limits& limits) {
  settings.bytes("limits.body_bytes", limits.body_bytes_max, "largest request body as it arrives")
      .bytes("limits.body_decompressed_bytes", limits.body_decompressed_bytes_max, "largest request body decompressed")
      .bytes("limits.line_bytes", limits.line_bytes_max, "longest line")
      .bytes("limits.ingestion_rate", limits.ingestion_rate_bytes, "bytes of lines a tenant may send a second; 0 = any")
      .bytes("limits.ingestion_burst", limits.ingestion_burst_bytes,
             "bytes of lines that may come at once; 0 = those of a second")
      .count("limits.max_streams", limits.streams_per_tenant_max,
             "streams a tenant may write within two hours; 0 = any number")
      .duration("limits.creation_grace_period", limits.creation_grace_period,
                "how far in the future a time may be (senders other than the agent)")
      .duration("limits.query_timeout", limits.query_timeout, "longest run of a query")
      .bytes("limits.query_memory_bytes", limits.query_memory_bytes_max, "memory of one query")
      .bytes("limits.query_bytes_read", limits.query_bytes_read_max, "lines that one query may look at; 0 = any number")
      .count("limits.max_entries_limit_per_query", limits.entries_per_query_max,
             "entries that one query of Loki's paths may ask for")
      .count("limits.max_query_series", limits.query_series_max, "series that a metric query may give")
      .duration("limits.max_query_length", limits.query_length_max,
                "longest time from start to end of a query; 0 = any")
      .duration("limits.max_query_lookback", limits.query_lookback_max,
                "queries do not see what is older than this; 0 = they see everything")
      .duration("limits.max_query_range", limits.query_range_max, "longest [range] in a query; 0 = any")
      .count("limits.max_concurrent_tail_requests", limits.tails_max, "live tails of a tenant at a time");
}

}  // namespace

Settings server_settings(ServerConfig& config) {
  Settings settings;
  settings.text("data", config.data, "directory that holds everything stored")
      .text("listen", config.listen, "HOST:PORT to serve HTTP on; port 0 takes a free one")
      .toggle("insecure", config.insecure, "allow a listener that is not loopback although there is no authentication")
      .text("tls.certificate", config.tls.certificate, "PEM file of the certificate with its chain: HTTPS only")
      .text("tls.key", config.tls.key, "PEM file of its key")
      .text("tls.client_ca", config.tls.client_ca, "PEM file; clients need a certificate of this authority")
      .text("auth.tokens_file", config.tokens_file, "TOML file of tokens (cordwood admin token); requests need one")
      .toggle("tenants", config.tenants, "keep tenants apart by the header X-Scope-OrgID")
      .text("log_level", config.log_level, "debug, info, warn or error")
      .count("threads", config.threads, "worker threads; 0 = one for each core")
      .bytes("flush.bytes", config.flush_bytes, "lines in memory that start a flush to segments")
      .duration("flush.age", config.flush_age, "age of the oldest line in memory that starts a flush")
      .bytes("head.bytes", config.head_bytes_max, "memory of unflushed lines; beyond it senders wait")
      .bytes("disk.reserve_bytes", config.disk_reserve_bytes, "free disk space below which writes are answered 503")
      .bytes("cache.bytes", config.cache_bytes, "memory for segment indexes and blocks read by queries")
      .count("queries.running", config.queries_running, "queries that run at a time; others wait, tenants in turn")
      .duration("fleet.silent_after", config.fleet.silent_after, "without a heartbeat for so long a host is silent")
      .duration("fleet.retire_after", config.fleet.retire_after,
                "a host that is silent for so long is no longer expected; 0 = never")
      .duration("stop.grace", config.stop_grace, "how long a stop waits for running requests");
  bind_limits(settings, config.limits);
  return settings;
}

base::Status check_server_config(const ServerConfig& config) {
  if (config.listen.rfind(':') == std::string::npos) {
    return base::invalid_argument_error("listen: '{}' has no port; write HOST:PORT, for example 127.0.0.1:3100",
                                        config.listen);
  }
  if (config.tls.certificate.empty() != config.tls.key.empty()) {
    return base::invalid_argument_error("tls: certificate and key belong together, give both");
  }
  if (!config.tls.client_ca.empty() && config.tls.certificate.empty()) {
    return base::invalid_argument_error("tls.client_ca needs tls.certificate and tls.key");
  }
  const bool authenticates = !config.tokens_file.empty() || !config.tls.client_ca.empty();
  if (!is_loopback(config.listen) && !config.insecure && !authenticates) {
    return base::invalid_argument_error(
        "listen: {} is reachable from other machines and there is no authentication; listen on 127.0.0.1, give "
        "--auth-tokens-file, or add --insecure if a proxy or firewall protects it",
        config.listen);
  }
  if (config.log_level != "debug" && config.log_level != "info" && config.log_level != "warn" &&
      config.log_level != "error") {
    return base::invalid_argument_error("log_level: '{}' is not one of debug, info, warn, error", config.log_level);
  }
  if (config.head_bytes_max < 2 * config.flush_bytes) {
    return base::invalid_argument_error(
        "head.bytes: {} is less than twice flush.bytes ({}), so a flush would stop all writes", config.head_bytes_max,
        config.flush_bytes);
  }
  return base::ok_status();
}

}  // namespace cordwood::app
