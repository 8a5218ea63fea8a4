// Where the server is and who asks: flags before environment before default.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/status.h"
#include "io/http_client.h"

namespace cordwood::client {

struct Endpoint {
  std::string url = "http://127.0.0.1:3100";  // CORDWOOD_URL; without a slash at the end
  std::string token;                          // CORDWOOD_TOKEN: sent as bearer
  std::string tenant;                         // CORDWOOD_TENANT: sent as X-Scope-OrgID
  io::ClientTls tls;                          // CORDWOOD_TLS_CA, CORDWOOD_TLS_CERT, CORDWOOD_TLS_KEY: files
};

// The environment's, or the defaults.
Endpoint endpoint_from_environment();

// Blocking calls to one server, for commands that do one thing after the other.
class Connection {
 public:
  explicit Connection(Endpoint endpoint);
  ~Connection();

  // The body of a 200 or 204. Other answers are errors with the server's own text; the code tells the kind:
  // InvalidArgument 4xx, Unauthenticated 401, NotFound 404, Unavailable 5xx and no connection.
  base::StatusOr<std::string> get(std::string_view path, const io::HttpParams& parameters);
  base::StatusOr<std::string> post(std::string_view path, const io::HttpParams& parameters);
  // Hands the body to `on_data` piece by piece; returning false ends the call with Cancelled.
  base::Status stream(std::string_view path, const io::HttpParams& parameters,
                      const std::function<bool(std::string_view)>& on_data);
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  io::ClientRequest request_to(std::string method, std::string_view path, const io::HttpParams& parameters) const;
  Endpoint endpoint_;
  std::unique_ptr<base::Executor> executor_;
  std::unique_ptr<io::HttpClient> http_;
};

}  // namespace cordwood::client
