// Api: from an HTTP request to an HTTP answer. The only place where errors become status codes. It knows the store and
// the query engine through the interfaces of core only; app hands it to io::HttpServer, tests call it without sockets.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/access.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "base/status.h"
#include "base/task.h"
#include "core/coverage.h"
#include "core/limits.h"
#include "core/query_runner.h"
#include "core/record_sink.h"
#include "core/store_admin.h"
#include "core/tail.h"
#include "io/http.h"

namespace cordwood::ingest {
class Decoder;
}

namespace cordwood::api {

struct ApiOptions {
  // Off: the header X-Scope-OrgID is not looked at and everything belongs to core::TenantId::default_tenant(). On: a
  // request of Loki's or the native paths without it is answered 401.
  bool tenants = false;
  core::Limits limits;
  std::string version;               // "0.1.0"
  std::string revision = "unknown";  // of the source, for buildinfo
  // Queries that take longer are logged with their text and figures.
  base::nanoseconds slow_query_min = std::chrono::seconds(10);
  // Queries that run at a time, of all tenants; more wait.
  std::size_t queries_running_max = 16;
  // The effective configuration as TOML, secrets left out: what /config answers.
  std::string config_text;
};

// All references must outlive the Api and the requests it is serving.
struct ApiDependencies {
  base::Executor& executor;
  base::MetricsRegistry& metrics;
  const ingest::Decoder& decoder;
  core::RecordSink& sink;
  core::SourceRegistry& sources;
  core::QueryRunner& queries;
  core::StoreAdmin& store;
  // Thread-safe and quick. OK when the server may get traffic, else an error that says what it waits for (/ready).
  std::function<base::Status()> ready;
  ApiOptions options;
  core::Tailer* tails = nullptr;  // null: no live tails
  // Null: this server keeps no fleet, and answers carry no coverage.
  core::HeartbeatSink* heartbeats = nullptr;
  const core::CoverageReader* coverage = nullptr;
  core::FleetReader* fleet = nullptr;
};

// Thread-safe: any number of requests at a time.
class Api {
 public:
  explicit Api(ApiDependencies dependencies);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // Never fails: errors are answers. `request` must live until the Task ends; a stream in the answer needs it no
  // longer.
  base::Task<io::HttpResponse> handle(io::HttpRequest& request);
  // Who may ask: everybody, until tokens are set. Thread-safe.
  AccessList& access();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cordwood::api
