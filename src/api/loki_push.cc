// Loki's push endpoints: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs

#include <utility>

#include "api/body.h"
#include "api/errors.h"
#include "api/push_gate.h"
#include "api/push_metrics.h"
#include "api/routes.h"
#include "codec/compress.h"

namespace cordwood::api {
namespace {

// What the journal is to keep of a body. Loki's senders of protobuf compress with snappy whatever the header says, and
// some compress that once more; the outer layer is taken off here.
base::StatusOr<core::EncodedBody> encoded_body(const Call& call) {
  RETURN_IF_ERROR(check_media_parameters(call.request));
  ASSIGN_OR_RETURN(const core::ContentEncoding encoding, content_encoding_of(call.request));
  core::EncodedBody body;
  body.decoder_version = ingest::kDecoderServiceName;
  body.bytes = call.request.body;
  body.encoding = encoding;
  if (media_type_of(call.request) == "application/json") {
    body.protocol = core::Protocol::kLokiJson;
    if (encoding == core::ContentEncoding::kSnappyBlock) body.encoding = core::ContentEncoding::kIdentity;
    return body;
  }
  body.protocol = core::Protocol::kLokiProtobuf;
  body.encoding = core::ContentEncoding::kSnappyBlock;
  if (encoding != core::ContentEncoding::kIdentity && encoding != core::ContentEncoding::kSnappyBlock) {
    ASSIGN_OR_RETURN(std::string inner, codec::decompress(static_cast<codec::Compression>(encoding), *body.bytes,
                                                          call.limits().body_decompressed_bytes_max));
    body.bytes = std::make_shared<const std::string>(std::move(inner));
  }
  return body;
}

io::HttpResponse no_content() {
  io::HttpResponse response;
  response.status = 204;
  return response;
}

io::HttpResponse try_later(const PushGate::Refusal& refusal) {
  io::HttpResponse response = plain_error(429, refusal.text + "\n");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(refusal.retry_after).count();
  response.headers.set("Retry-After", std::to_string(seconds));
  return response;
}

base::Task<io::HttpResponse> push(Call& call) {
  base::StatusOr<core::EncodedBody> body = encoded_body(call);
  if (!body.ok()) co_return error_response(body.status(), Doing::kDecoding);
  base::Task<base::StatusOr<ingest::DecodedPush>> decoding = decode_push(call, *body);
  base::StatusOr<ingest::DecodedPush> decoded = co_await decoding;
  if (!decoded.ok()) co_return error_response(decoded.status(), Doing::kDecoding);
  const PushGate::Refusal limited = call.push_gate.admit(call.tenant, decoded->batch, call.started);
  if (limited.refused()) co_return try_later(limited);
  const PushFigures figures = figures_of(*body, decoded->batch, decoded->refused.size());
  const std::string refusal = std::move(decoded->refusal);
  if (!decoded->batch.records.empty()) {
    core::AppendRequest append{.tenant = call.tenant,
                               .body = std::move(body).value(),
                               .arrival = call.arrival,
                               .batch = std::move(decoded->batch),
                               .refused = std::move(decoded->refused)};
    base::Task<base::StatusOr<core::AppendResult>> task = call.deps.sink.append(std::move(append));
    base::StatusOr<core::AppendResult> result = co_await task;
    if (!result.ok()) co_return error_response(result.status(), Doing::kStoring);
  }
  count_push(call.deps.metrics, figures);
  // As Loki: the good records are stored, and the sender is told of the bad ones.
  if (!refusal.empty()) co_return plain_error(400, refusal + "\n");
  co_return no_content();
}

}  // namespace

void add_loki_push_routes(Router& router) {
  router.add("POST", "/loki/api/v1/push", push).right = Right::kWrite;
  router.add("POST", "/api/prom/push", push).right = Right::kWrite;
}

}  // namespace cordwood::api
