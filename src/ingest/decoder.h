// Decoder: from the body of a push request to a RecordBatch, for every protocol; the same code decodes what arrives and
// what the journal replays.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "core/limits.h"
#include "core/record_sink.h"

namespace cordwood::ingest {

// Versions are persisted in journal frames; each stays until no journal needs it.
// 2 = adds the label service_name when a stream of Loki's protocols has none (docs/protocols/loki-push.md).
inline constexpr std::uint16_t kDecoderPlain = 1;
inline constexpr std::uint16_t kDecoderServiceName = 2;

struct DecodedPush {
  core::RecordBatch batch;             // what passed the limits
  std::vector<std::uint32_t> refused;  // indexes, in body order, of records that did not
  std::string refusal;                 // Loki's text about them; empty when none was refused
};

// Thread-safe.
class Decoder final : public core::BodyDecoder {
 public:
  explicit Decoder(core::Limits limits);
  ~Decoder() override;

  // For an arriving request: applies `limits` record by record. Errors are about the whole body and nothing of it may
  // be stored: InvalidArgument (malformed, with reason and offset), ResourceExhausted (too large decompressed: 413),
  // FailedPrecondition (no valid stream: 422).
  base::StatusOr<DecodedPush> decode_arriving(const core::EncodedBody& body, base::UnixNanos arrival,
                                              const core::Limits& limits) const;
  // For replay: no limit but the size of the decompressed body.
  base::StatusOr<core::RecordBatch> decode(const core::EncodedBody& body,
                                           const core::DecodeContext& context) const override;

 private:
  class LabelCache;
  base::StatusOr<DecodedPush> decode_any(const core::EncodedBody& body, const core::DecodeContext& context,
                                         const core::Limits* limits) const;
  const core::Limits limits_;
  const std::unique_ptr<LabelCache> label_cache_;
};

}  // namespace cordwood::ingest
