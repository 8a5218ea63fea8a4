// One libcurl handle with its connection cache: a request at a time, blocking. The adapter between our requests and
// libcurl; http_client.cc has the pool.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "io/http_client.h"

namespace cordwood::io {

class CurlSession {
 public:
  // Unavailable when libcurl cannot be set up.
  static base::StatusOr<std::unique_ptr<CurlSession>> make(const ClientTls& tls);
  ~CurlSession();
  CurlSession(const CurlSession&) = delete;
  CurlSession& operator=(const CurlSession&) = delete;

  // Blocks until the answer is there. `on_data` may be null: then the body is in the answer.
  base::StatusOr<ClientResponse> perform(const ClientRequest& request,
                                         const std::function<bool(std::string_view)>& on_data);

 private:
  struct Transfer;
  CurlSession(void* multi, void* easy, ClientTls tls) : multi_(multi), easy_(easy), tls_(std::move(tls)) {}
  void* const multi_;  // CURLM, which holds the open connections
  void* const easy_;   // CURL
  const ClientTls tls_;
};

}  // namespace cordwood::io
