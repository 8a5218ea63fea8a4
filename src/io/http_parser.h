// Reads one HTTP/1 request from bytes that arrive in pieces. The only user of Beast, whose headers stay in the .cc.
// RFC 9112; no sockets and no clock in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/http.h"

namespace cordwood::io {

// Why a request is refused before anybody handles it.
struct HttpRefusal {
  unsigned status = 400;
  std::string text;
};

class HttpRequestParser {
 public:
  HttpRequestParser(std::uint64_t header_bytes_max, std::uint64_t body_bytes_max);
  ~HttpRequestParser();
  HttpRequestParser(const HttpRequestParser&) = delete;
  HttpRequestParser& operator=(const HttpRequestParser&) = delete;

  // Takes as much of `bytes` as it can and gives that number; the rest must be presented again together with what
  // follows. It stops at the end of the header, and after that reads chunked bodies only: a body of known length is the
  // caller's business, so that it goes straight from the socket to its place. After a refusal nothing more is taken.
  std::size_t put(std::string_view bytes);

  bool got_some() const;     // at least one byte of the request has been seen
  bool header_done() const;  // request() is complete except for body and peer
  bool chunked() const;
  bool done() const;  // of a chunked body: the last chunk and the trailer have been read
  const std::optional<HttpRefusal>& refusal() const { return refusal_; }

  HttpRequest& request() { return request_; }
  std::uint64_t content_length() const { return content_length_; }  // 0 for chunked bodies
  bool http_1_0() const { return http_1_0_; }
  bool expects_continue() const { return expects_continue_; }
  // What has been read of a chunked body; at most body_bytes_max.
  std::string& chunked_body() { return chunked_body_; }

 private:
  class Beast;
  void finish_header();
  void refuse(unsigned status, std::string text);

  const std::uint64_t body_bytes_max_;
  std::unique_ptr<Beast> beast_;
  HttpRequest request_;
  std::string target_;
  std::string chunked_body_;
  std::uint64_t content_length_ = 0;
  bool http_1_0_ = false;
  bool expects_continue_ = false;
  bool header_finished_ = false;
  std::optional<HttpRefusal> refusal_;
};

}  // namespace cordwood::io
