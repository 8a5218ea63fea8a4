// HTTP messages as the rest of the program sees them; http_server.h and http_client.h move them. No Beast in here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/sync.h"
#include "base/task.h"

namespace cordwood::io {

// Names compare without case; order and repeats are kept.
class HttpHeaders {
 public:
  // The first value, or "".
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  // Replaces all values of `name`.
  void set(std::string_view name, std::string_view value);
  void add(std::string_view name, std::string_view value);
  const std::vector<std::pair<std::string, std::string>>& all() const { return headers_; }

 private:
  std::vector<std::pair<std::string, std::string>> headers_;
};

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // without the query, percent-decoded: "/loki/api/v1/push"
  std::string query;   // as sent, without "?"
  HttpHeaders headers;
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
  std::string peer;  // "127.0.0.1:53214"
  bool keep_alive = true;
  base::CancelToken client_gone;  // cancelled when the connection breaks
};

// A body that is made while it is sent.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // The next piece, or an empty string at the end. Asked again only after the last piece was written, so a slow reader
  // slows the maker. An error breaks the connection off, which the client sees as a truncated body.
  virtual base::Task<base::StatusOr<std::string>> next() = 0;
  // Called once, after the last next() and before destruction, also when the reader went away: the place to wait for
  // what is still running.
  virtual base::Task<void> finish() { co_return; }
};

struct HttpResponse {
  unsigned status = 200;
  HttpHeaders headers;
  std::string body;
  std::unique_ptr<BodyStream> stream;  // instead of `body`: sent chunked
  // With `stream`, for a request that wants_websocket(): the connection becomes a WebSocket and each piece one text
  // message. The empty piece closes it normally, an error with code 1011 and the error's text. What the client sends is
  // not looked at; when it closes, or the server stops, `client_gone` is cancelled and next() has to end soon.
  bool websocket = false;
};

// Whether the request is a WebSocket's opening handshake (RFC 6455, 4.1).
bool wants_websocket(const HttpRequest& request);

HttpResponse text_response(unsigned status, std::string_view text);  // text/plain; charset=utf-8, nosniff
HttpResponse json_response(unsigned status, std::string body);

// Parameters of a query string or form body, percent-decoded ('+' is a space), in order.
using HttpParams = std::vector<std::pair<std::string, std::string>>;
HttpParams parse_form(std::string_view text);
std::optional<std::string_view> find_param(const HttpParams& params, std::string_view name);
std::string percent_encode(std::string_view text);
std::string percent_decode(std::string_view text);

}  // namespace cordwood::io
