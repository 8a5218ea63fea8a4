// The text in front of an answer's body: RFC 9112.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "io/http.h"

namespace cordwood::io {

struct ResponseFraming {
  std::string_view date;                        // of the Date header
  std::optional<std::uint64_t> content_length;  // or chunked, or the end of the connection
  bool chunked = false;
  bool http_1_0 = false;  // the client's version
  bool keep_alive = true;
};

// Status line, headers and the empty line. Line ends inside of headers become spaces.
std::string response_head_text(const HttpResponse& response, const ResponseFraming& framing);
// "Mon, 23 Nov 2026 08:14:36 GMT".
std::string http_date(std::int64_t unix_second);

}  // namespace cordwood::io
