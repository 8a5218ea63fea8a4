// What agents ask: docs/protocols/native.md.

#include <utility>

#include "api/body.h"
#include "api/errors.h"
#include "api/push_gate.h"
#include "api/push_metrics.h"
#include "api/routes.h"
#include "ingest/native/messages.h"
#include "ingest/native/push_decoder.h"

namespace cordwood::api {
namespace {

namespace native = ingest::native;

io::HttpResponse message(std::string body) {
  io::HttpResponse response;
  response.headers.set("Content-Type", native::kContentType);
  response.body = std::move(body);
  return response;
}

base::Task<io::HttpResponse> hello(Call& call) {
  const base::StatusOr<std::string> body = decompressed_body(call.request, call.limits().body_decompressed_bytes_max);
  if (!body.ok()) co_return error_response(body.status(), Doing::kDecoding);
  base::StatusOr<core::AgentHello> asked = native::decode_hello(*body);
  if (!asked.ok()) co_return error_response(asked.status(), Doing::kDecoding);
  asked->tenant = call.tenant;
  base::Task<base::StatusOr<core::HelloAnswer>> task = call.deps.sources.hello(std::move(asked).value());
  const base::StatusOr<core::HelloAnswer> answer = co_await task;
  if (!answer.ok()) co_return error_response(answer.status(), Doing::kStoring);
  co_return message(native::encode_hello_answer(*answer));
}

base::Task<io::HttpResponse> sources(Call& call) {
  const base::StatusOr<std::string> body = decompressed_body(call.request, call.limits().body_decompressed_bytes_max);
  if (!body.ok()) co_return error_response(body.status(), Doing::kDecoding);
  base::StatusOr<native::SourcesRequest> asked = native::decode_sources(*body);
  if (!asked.ok()) co_return error_response(asked.status(), Doing::kDecoding);
  core::TenantId tenant = call.tenant;
  base::Task<base::StatusOr<std::vector<core::SourceState>>> task =
      call.deps.sources.sources(std::move(tenant), std::move(asked->host), std::move(asked->only));
  const base::StatusOr<std::vector<core::SourceState>> states = co_await task;
  if (!states.ok()) co_return error_response(states.status(), Doing::kStoring);
  co_return message(native::encode_sources_answer(*states));
}

base::StatusOr<core::EncodedBody> encoded_body(const Call& call) {
  ASSIGN_OR_RETURN(const core::ContentEncoding encoding, content_encoding_of(call.request));
  return core::EncodedBody{.protocol = core::Protocol::kNative,
                           .encoding = encoding,
                           .decoder_version = native::kPushDecoderVersion,
                           .bytes = call.request.body};
}

std::string all_wait(const PushGate::Refusal& refusal, std::size_t slices) {
  core::SliceWait wait;
  wait.seconds =
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(refusal.retry_after).count());
  wait.reason = refusal.text;
  return native::encode_push_answer(std::vector<core::SliceVerdict>(slices, wait));
}

base::Task<io::HttpResponse> push(Call& call) {
  base::StatusOr<core::EncodedBody> body = encoded_body(call);
  if (!body.ok()) co_return error_response(body.status(), Doing::kDecoding);
  base::Task<base::StatusOr<ingest::DecodedPush>> decoding = decode_push(call, *body);
  base::StatusOr<ingest::DecodedPush> decoded = co_await decoding;
  if (!decoded.ok()) co_return error_response(decoded.status(), Doing::kDecoding);
  for (core::SourceInfo& source : decoded->batch.sources) source.id.tenant = call.tenant;
  if (decoded->batch.slices.empty()) co_return message(native::encode_push_answer({}));
  const PushGate::Refusal limited = call.push_gate.admit(call.tenant, decoded->batch, call.started);
  if (limited.refused()) co_return message(all_wait(limited, decoded->batch.slices.size()));
  const PushFigures figures = figures_of(*body, decoded->batch, decoded->refused.size());
  core::AppendRequest append{.tenant = call.tenant,
                             .body = std::move(body).value(),
                             .arrival = call.arrival,
                             .batch = std::move(decoded->batch),
                             .refused = std::move(decoded->refused)};
  base::Task<base::StatusOr<core::AppendResult>> task = call.deps.sink.append(std::move(append));
  const base::StatusOr<core::AppendResult> result = co_await task;
  if (!result.ok()) co_return error_response(result.status(), Doing::kStoring);
  count_push(call.deps.metrics, figures);
  co_return message(native::encode_push_answer(result->verdicts));
}

}  // namespace

void add_native_push_routes(Router& router) {
  router.add("POST", std::string(native::kHelloPath), hello).right = Right::kWrite;
  router.add("POST", std::string(native::kSourcesPath), sources).right = Right::kWrite;
  router.add("POST", std::string(native::kPushPath), push).right = Right::kWrite;
}

}  // namespace cordwood::api
