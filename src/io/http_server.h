// HTTP/1.1 server on Asio and Beast: keep-alive, size limits before memory is taken, time-outs, chunked streaming
// answers with back-pressure, graceful stop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/metrics.h"
#include "base/status.h"
#include "base/task.h"
#include "io/http.h"

namespace cordwood::io {

class TlsListener;

struct HttpServerOptions {
  std::string listen = "127.0.0.1:3100";                 // HOST:PORT or [V6]:PORT; port 0 = any free one
  std::size_t threads = 1;                               // of sockets; handlers run on the executor
  std::uint64_t body_bytes_max = 64 << 20;               // 413 beyond, by Content-Length before a byte is read
  std::uint64_t bodies_in_flight_bytes_max = 256 << 20;  // over all connections: reading waits (back-pressure)
  std::uint64_t header_bytes_max = 64 << 10;             // 431 beyond
  std::size_t connections_max = 10'000;                  // further ones are closed at once
  base::nanoseconds header_timeout = std::chrono::seconds(30);
  base::nanoseconds idle_timeout = std::chrono::minutes(5);  // between requests
  std::shared_ptr<TlsListener> tls;                          // null: plain HTTP
  base::nanoseconds io_timeout = std::chrono::seconds(60);   // no progress while reading a body or writing an answer
};

// Called on the executor, many at a time; the request lives until the Task ends.
using HttpHandler = std::function<base::Task<HttpResponse>(HttpRequest&)>;

class HttpServer {
 public:
  // Binds and starts serving. `metrics` gets connection and request counts.
  static base::StatusOr<std::unique_ptr<HttpServer>> start(HttpServerOptions options, base::Executor& executor,
                                                           HttpHandler handler, base::MetricsRegistry& metrics);
  virtual ~HttpServer() = default;  // stops hard if stop() was not called
  virtual std::uint16_t port() const = 0;
  // Stops accepting, closes idle connections, lets running requests end for `grace`, then cancels them (client_gone)
  // and breaks their connections off. Blocks until every handler has ended, because handlers refer to the rest of the
  // program; it is logged when one takes long.
  virtual void stop(base::nanoseconds grace) = 0;
};

}  // namespace cordwood::io
