// HTTP client on libcurl: one connection pool a client, used by agent, command line and S3.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/status.h"
#include "base/task.h"
#include "io/http.h"

namespace cordwood::io {

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;
  std::string body;
  base::nanoseconds connect_timeout = std::chrono::seconds(10);
  // No byte moved for this long ends the request; the whole request has no limit of its own.
  base::nanoseconds stall_timeout = std::chrono::seconds(60);
  std::uint64_t response_bytes_max = 1ULL << 30;
  base::CancelToken cancel;
};

struct ClientResponse {
  unsigned status = 0;
  HttpHeaders headers;
  std::string body;
};

// Thread-safe. Errors: Unavailable (could not connect, broken off), DeadlineExceeded, Cancelled, InvalidArgument (URL).
// The text says what to do next ("connection refused: is `cordwood server` running at URL?").
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual base::Task<base::StatusOr<ClientResponse>> send(ClientRequest request) = 0;
  // Hands body pieces to `on_data` as they come (in order, on a blocking thread; returning false cancels). The response
  // has no body, except when the status is not 2xx: then the body is kept (up to 64 KiB) and on_data is not called.
  virtual base::Task<base::StatusOr<ClientResponse>> stream(ClientRequest request,
                                                            std::function<bool(std::string_view)> on_data) = 0;
};

// Of https: URLs; files are PEM and read at each connection.
struct ClientTls {
  std::string ca_file;      // authorities to trust instead of the system's
  std::string certificate;  // of this client, for servers that ask for one
  std::string key;
};

std::unique_ptr<HttpClient> make_http_client(base::Executor& executor, ClientTls tls = {});

}  // namespace cordwood::io
