#include "api/errors.h"

#include "base/log.h"

namespace cordwood::api {
namespace {

// Short, because what makes the server refuse (a full head, a disk that is being cleared) passes in seconds.
constexpr std::string_view kRetryAfterSeconds = "2";

// Loki's texts, which clients look for.
constexpr std::string_view kCancelledText = "the request was cancelled by the client";
constexpr std::string_view kTimeoutText =
    "request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex "
    "match) to reduce the amount of data processed";

}  // namespace

unsigned http_status_of(const base::Status& status, Doing doing) {
  using base::StatusCode;
  switch (status.code()) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
    case StatusCode::kAborted:
      return 409;
    case StatusCode::kFailedPrecondition:
      return doing == Doing::kStoring ? 409 : 422;
    case StatusCode::kResourceExhausted:
      if (doing == Doing::kQueueing) return 429;
      return doing == Doing::kDecoding ? 413 : 503;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kCancelled:
      return 499;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kUnimplemented:
      return 501;
    default:
      return 500;
  }
}

io::HttpResponse plain_error(unsigned http_status, std::string_view text) {
  io::HttpResponse response = io::text_response(http_status, text);
  if (http_status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  if (http_status == 503 || http_status == 429) response.headers.set("Retry-After", kRetryAfterSeconds);
  return response;
}

io::HttpResponse error_response(const base::Status& status, Doing doing) {
  const unsigned http_status = http_status_of(status, doing);
  if (http_status == 500) {
    base::log_error("request failed code={} error=\"{}\"", base::code_name(status.code()), base::message_of(status));
  }
  if (http_status == 499) return plain_error(http_status, kCancelledText);
  if (http_status == 504) return plain_error(http_status, kTimeoutText);
  // Loki's push handlers end the text with a line end (Go's http.Error), its query handlers do not.
  std::string text(base::message_of(status));
  if (doing != Doing::kReading && doing != Doing::kQueueing) text += '\n';
  return plain_error(http_status, text);
}

}  // namespace cordwood::api
