#include "app/server.h"

#include <algorithm>
#include <thread>

#include "api/api.h"
#include "app/program.h"
#include "app/store_parts.h"
#include "app/tokens_file.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/thread_executor.h"
#include "catalog/sqlite/sqlite_catalog.h"
#include "fleet/fleet.h"
#include "ingest/decoder.h"
#include "io/file.h"
#include "io/http_server.h"
#include "objectstore/local/local_store.h"
#include "pipeline/log_selector.h"
#include "query/query_engine.h"
#include "query/segment_cache.h"
#include "query/tail_hub.h"
#include "store/ballast.h"
#include "store/store.h"

namespace cordwood::app {

// In the order of construction: each part may use those above it.
struct Server::Parts {
  explicit Parts(const ServerConfig& given) : config(given), decoder(given.limits) {}

  ServerConfig config;
  std::unique_ptr<io::FileLock> lock;
  base::MetricsRegistry metrics;
  base::SystemRandom random;
  ingest::Decoder decoder;
  pipeline::LogSelectorCompiler selectors;
  std::unique_ptr<base::ThreadExecutor> executor;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<objectstore::ObjectStore> objects;
  std::unique_ptr<fleet::Fleet> fleet;
  std::unique_ptr<base::Event> closing;         // ends the tokens' watch
  std::unique_ptr<base::TaskGroup> background;  // keeps the fleet saved, watches the tokens
  std::unique_ptr<store::Store> store;
  std::unique_ptr<query::TailHub> tails;  // the store's door, watched
  std::unique_ptr<query::SegmentCache> segments;
  std::unique_ptr<StoreParts> store_parts;
  std::unique_ptr<base::MemoryBudget> query_memory;
  std::unique_ptr<core::QueryRunner> queries;
  std::unique_ptr<api::Api> api;
  std::unique_ptr<io::HttpServer> http;
  bool stopped = false;
};

namespace {

// What a few queries at a time need beside each other.
constexpr std::size_t kQueriesSideBySide = 2;

std::size_t thread_count(const ServerConfig& config) {
  if (config.threads > 0) return config.threads;
  return std::max<std::size_t>(2, std::thread::hardware_concurrency());
}

store::StoreOptions store_options(const ServerConfig& config) {
  store::StoreOptions options;
  options.data_directory = config.data;
  options.head_flush_bytes = config.flush_bytes;
  options.head_flush_age = config.flush_age;
  options.head_bytes_max = config.head_bytes_max;
  options.free_space_reserve_bytes = config.disk_reserve_bytes;
  return options;
}

api::ApiOptions api_options(const ServerConfig& config, std::string config_text) {
  api::ApiOptions options;
  options.tenants = config.tenants;
  options.limits = config.limits;
  options.queries_running_max = std::max<std::uint64_t>(config.queries_running, 1);
  options.version = std::string(version());
  options.revision = std::string(revision());
  options.config_text = std::move(config_text);
  return options;
}

io::HttpServerOptions http_options(const ServerConfig& config, std::shared_ptr<io::TlsListener> tls) {
  io::HttpServerOptions options;
  options.tls = std::move(tls);
  options.listen = config.listen;
  options.body_bytes_max = config.limits.body_bytes_max;
  options.bodies_in_flight_bytes_max = std::max<std::uint64_t>(config.limits.body_bytes_max, 96 << 20);
  return options;
}

// What lets people in, read before anything is opened: a mistake in it ends the start.
struct Security {
  std::shared_ptr<io::TlsListener> tls;
  std::string tokens_text;
  std::vector<api::AccessToken> tokens;
};

base::StatusOr<Security> read_security(const ServerConfig& config) {
  Security security;
  if (!config.tls.certificate.empty()) {
    ASSIGN_OR_RETURN(security.tls, io::TlsListener::open(config.tls));
  }
  if (config.tokens_file.empty()) return security;
  ASSIGN_OR_RETURN(security.tokens_text, read_tokens_file(config.tokens_file));
  ASSIGN_OR_RETURN(security.tokens, parse_tokens(security.tokens_text, config.tokens_file));
  return security;
}

// Takes over the tokens file when it changes, until `closing` is set. A file with a mistake changes nothing.
base::Task<void> watch_tokens(base::Executor* executor, base::Event* closing, std::string path, std::string known,
                              api::AccessList* access) {
  const base::nanoseconds interval = std::chrono::seconds(5);
  while (!closing->is_set()) {
    const bool closed = co_await closing->wait_for(interval);
    if (closed) break;
    base::StatusOr<std::string> text = co_await executor->blocking([&path] { return read_tokens_file(path); });
    if (text.ok() && *text == known) continue;
    base::StatusOr<std::vector<api::AccessToken>> tokens = std::vector<api::AccessToken>();
    if (text.ok()) {
      tokens = parse_tokens(*text, path);
    } else {
      tokens = text.status();
    }
    if (!tokens.ok()) {
      base::log_error("tokens file: the tokens of before stay: error=\"{}\"", base::message_of(tokens.status()));
      continue;
    }
    known = *std::move(text);
    base::log_info("tokens file: tokens={}", tokens->size());
    access->set(*std::move(tokens));
  }
}

base::Task<int> join(base::TaskGroup& group) {
  co_await group.join();
  co_return 0;
}

}  // namespace

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  if (parts_ != nullptr && !parts_->stopped) {
    const base::Status status = stop();
    if (!status.ok()) base::log_error("stop failed: error=\"{}\"", base::message_of(status));
  }
}

base::Status Server::open_storage(Parts& p) {
  const ServerConfig& config = p.config;
  io::FileSystem& files = io::system_files();
  RETURN_IF_ERROR(files.make_directories(config.data));
  store::give_up_ballast_when_full(files, config.data);
  ASSIGN_OR_RETURN(p.lock, files.lock(config.data + "/lock"));
  p.executor = std::make_unique<base::ThreadExecutor>(
      base::ThreadExecutorOptions{thread_count(config), 8, base::time_scale_from_environment()});
  base::Executor& executor = *p.executor;
  ASSIGN_OR_RETURN(p.catalog, base::sync_wait(executor, catalog::open_sqlite_catalog(config.data + "/catalog.sqlite",
                                                                                     executor, p.random)));
  ASSIGN_OR_RETURN(p.objects, base::sync_wait(executor, objectstore::open_local_store(files, config.data + "/objects",
                                                                                      executor, p.random)));
  ASSIGN_OR_RETURN(p.fleet,
                   base::sync_wait(executor, fleet::Fleet::open(config.fleet, executor, *p.catalog, p.metrics)));
  store::StoreDependencies dependencies{&executor,  &files,     &p.random,     p.catalog.get(), p.objects.get(),
                                        &p.decoder, &p.metrics, config.limits, &p.selectors};
  ASSIGN_OR_RETURN(p.store, base::sync_wait(executor, store::Store::open(store_options(config), dependencies)));
  return base::ok_status();
}

base::StatusOr<std::unique_ptr<Server>> Server::start(const ServerConfig& config, std::string config_text) {
  auto parts = std::make_unique<Parts>(config);
  Parts& p = *parts;
  ASSIGN_OR_RETURN(Security security, read_security(config));
  RETURN_IF_ERROR(open_storage(p));
  base::Executor& executor = *p.executor;

  p.closing = std::make_unique<base::Event>(executor);
  p.background = std::make_unique<base::TaskGroup>(executor);
  p.background->spawn(p.fleet->run());
  p.tails = std::make_unique<query::TailHub>(*p.store, executor, p.metrics, config.limits);
  p.segments = std::make_unique<query::SegmentCache>(
      executor, *p.objects, query::SegmentCacheOptions{config.cache_bytes / 2, config.cache_bytes});
  p.store_parts = std::make_unique<StoreParts>(*p.store, *p.segments);
  p.query_memory =
      std::make_unique<base::MemoryBudget>("all queries", kQueriesSideBySide * config.limits.query_memory_bytes_max);
  query::EngineOptions engine_options;
  engine_options.limits = config.limits;
  engine_options.parallelism = thread_count(config);
  engine_options.result_bytes_max = config.cache_bytes / 8;
  engine_options.metrics = &p.metrics;
  p.queries = query::make_query_engine(executor, *p.store_parts, *p.query_memory, engine_options);

  p.api = std::make_unique<api::Api>(api::ApiDependencies{
      .executor = executor,
      .metrics = p.metrics,
      .decoder = p.decoder,
      .sink = *p.tails,
      .sources = *p.store,
      .queries = *p.queries,
      .store = *p.store,
      .ready = [] { return base::ok_status(); },
      .options = api_options(config, std::move(config_text)),
      .tails = p.tails.get(),
      .heartbeats = p.fleet.get(),
      .coverage = p.fleet.get(),
      .fleet = p.fleet.get(),
  });
  api::Api* api = p.api.get();
  if (!config.tokens_file.empty()) {
    api->access().set(std::move(security.tokens));
    p.background->spawn(
        watch_tokens(&executor, p.closing.get(), config.tokens_file, std::move(security.tokens_text), &api->access()));
  }
  const io::HttpHandler handler = [api](io::HttpRequest& request) { return api->handle(request); };
  base::StatusOr<std::unique_ptr<io::HttpServer>> http =
      io::HttpServer::start(http_options(config, std::move(security.tls)), executor, handler, p.metrics);
  auto server = std::unique_ptr<Server>(new Server(std::move(parts)));
  RETURN_IF_ERROR(http.status());  // the destructor of `server` closes the store
  p.http = *std::move(http);
  base::log_info("listening: url={}://{} port={} data={} version={}", config.tls.certificate.empty() ? "http" : "https",
                 config.listen, p.http->port(), config.data, version());
  return server;
}

std::uint16_t Server::port() const {
  return parts_->http->port();
}

base::Status Server::stop() {
  Parts& p = *parts_;
  p.stopped = true;
  if (p.http != nullptr) p.http->stop(p.config.stop_grace);
  p.http.reset();
  p.closing->set();
  const base::Status fleet_saved = base::sync_wait(*p.executor, p.fleet->close());
  if (!fleet_saved.ok()) base::log_warn("the fleet's ledger is not saved: error=\"{}\"", base::message_of(fleet_saved));
  base::sync_wait(*p.executor, join(*p.background));
  p.api.reset();
  p.queries.reset();
  return base::sync_wait(*p.executor, p.store->close());
}

}  // namespace cordwood::app
