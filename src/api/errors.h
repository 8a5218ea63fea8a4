// The only table from status codes to HTTP. Texts of errors go out as they are: what makes a Status writes for people.
#pragma once

#include <string_view>

#include "base/status.h"
#include "io/http.h"

namespace cordwood::api {

// What was being done: it decides what ResourceExhausted and FailedPrecondition mean to the sender.
enum class Doing {
  kDecoding,  // a body of the sender: too large is 413, nothing usable in it is 422
  kStoring,   // not durable now is 503, a stale epoch is 409
  kReading,   // memory spent is 503
  kQueueing,  // too many at a time is 429
};

unsigned http_status_of(const base::Status& status, Doing doing);
// text/plain as Loki writes its errors. 503 and 429 always carry Retry-After. Server errors are logged.
io::HttpResponse error_response(const base::Status& status, Doing doing);
// 503 and 429 get their Retry-After here.
io::HttpResponse plain_error(unsigned http_status, std::string_view text);

}  // namespace cordwood::api
