// Reads a push (docs/protocols/native.md) without copying a line.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "core/limits.h"
#include "core/record_sink.h"

namespace cordwood::ingest::native {

// Given with EncodedBody::decoder_version: replay of a journal uses the version that made the batch.
inline constexpr std::uint16_t kPushDecoderVersion = 1;

// `body` is decompressed and becomes one of the batch's buffers: lines and metadata point into it. Sources come without
// a tenant (SourceId::tenant is empty), with the host of the request.
//
// All rules of the protocol page are checked; InvalidArgument names slice and field. ResourceExhausted when the request
// has more sources, records or metadata than the protocol's bounds (messages.h). No limit of a tenant is applied.
//
// A record whose time is more than Limits{}.creation_grace_period after `context.arrival` gets the time of arrival,
// origin kRead, and its own time in RFC 3339 as metadata `original_timestamp`.
//
// `context.refused` counts the records of the body in order. Slices stay where they are, even when none of their
// records is left, so that what a journal keeps for each slice finds it.
base::StatusOr<core::RecordBatch> decode_push(std::shared_ptr<const std::string> body,
                                              const core::DecodeContext& context);

}  // namespace cordwood::ingest::native
