#include "ingest/decoder.h"

#include "codec/compress.h"
#include "ingest/loki/json.h"
#include "ingest/loki/protobuf.h"
#include "ingest/loki/stream_labels.h"
#include "ingest/native/push_decoder.h"
#include "ingest/record_filter.h"

namespace cordwood::ingest {

// Behind a pointer, because decoding is const for callers and the cache has a lock of its own.
class Decoder::LabelCache : public loki::StreamLabels {};

Decoder::Decoder(core::Limits limits) : limits_(limits), label_cache_(std::make_unique<LabelCache>()) {}
Decoder::~Decoder() = default;

base::StatusOr<DecodedPush> Decoder::decode_any(const core::EncodedBody& body, const core::DecodeContext& context,
                                                const core::Limits* limits) const {
  const std::uint64_t bytes_max =
      limits == nullptr ? limits_.body_decompressed_bytes_max : limits->body_decompressed_bytes_max;
  std::shared_ptr<const std::string> text = body.bytes;
  if (body.encoding != core::ContentEncoding::kIdentity) {
    const auto compression = static_cast<codec::Compression>(body.encoding);
    ASSIGN_OR_RETURN(std::string decompressed, codec::decompress(compression, *body.bytes, bytes_max));
    text = std::make_shared<const std::string>(std::move(decompressed));
  } else if (text->size() > bytes_max) {
    return base::resource_exhausted_error("body of {} bytes is over the limit of {}", text->size(), bytes_max);
  }
  DecodedPush decoded;
  if (body.protocol == core::Protocol::kNative) {
    ASSIGN_OR_RETURN(decoded.batch, native::decode_push(std::move(text), context));
    return decoded;
  }
  const bool add_service_name = body.decoder_version >= kDecoderServiceName;
  RecordFilter filter(context, limits);
  decoded.batch.buffers.push_back(text);
  if (body.protocol == core::Protocol::kLokiProtobuf) {
    RETURN_IF_ERROR(loki::decode_protobuf(*text, *label_cache_, add_service_name, filter, decoded.batch));
  } else if (body.protocol == core::Protocol::kLokiJson) {
    RETURN_IF_ERROR(loki::decode_json(text, *label_cache_, add_service_name, filter, decoded.batch));
  } else {
    return base::unimplemented_error("unknown protocol {}", static_cast<int>(body.protocol));
  }
  decoded.refusal = filter.refusal();
  decoded.refused = filter.take_refused();
  return decoded;
}

base::StatusOr<DecodedPush> Decoder::decode_arriving(const core::EncodedBody& body, base::UnixNanos arrival,
                                                     const core::Limits& limits) const {
  const core::DecodeContext context{arrival, nullptr};
  ASSIGN_OR_RETURN(DecodedPush decoded, decode_any(body, context, &limits));
  if (body.protocol != core::Protocol::kNative && decoded.batch.streams.empty()) {
    return base::failed_precondition_error("error at least one valid stream is required for ingestion");
  }
  return decoded;
}

base::StatusOr<core::RecordBatch> Decoder::decode(const core::EncodedBody& body,
                                                  const core::DecodeContext& context) const {
  ASSIGN_OR_RETURN(DecodedPush decoded, decode_any(body, context, nullptr));
  return std::move(decoded.batch);
}

}  // namespace cordwood::ingest
