// The messages of the native protocol (docs/protocols/native.md) that are not a push: hello, sources, and the answer to
// a push. push_encoder.h and push_decoder.h have the push itself. Pure functions on bytes: no sockets, no storage, no
// clock.
//
// Decoders of this folder never trust a length: counts and strings have the bounds below, compared before memory is
// taken. Errors are InvalidArgument and name message and field; unknown fields are skipped, as protobuf asks.
// The tenant is not part of any message: whoever authenticates the request fills it in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/record_sink.h"

namespace cordwood::ingest::native {

inline constexpr std::string_view kHelloPath = "/api/v1/hello";
inline constexpr std::string_view kSourcesPath = "/api/v1/sources";
inline constexpr std::string_view kPushPath = "/api/v1/push";
inline constexpr std::string_view kContentType = "application/x-protobuf";

// Bounds of the protocol, not of a tenant. Those of records keep the decoded batch within a small multiple of its body.
inline constexpr std::size_t kHostBytesMax = 1024;
inline constexpr std::size_t kPathBytesMax = 16 << 10;
inline constexpr std::size_t kLadderStepsMax = 16;
inline constexpr std::size_t kLabelsPerSourceMax = 256;
inline constexpr std::size_t kSourcesPerPushMax = 16 << 10;
inline constexpr std::size_t kRecordsPerPushMax = 2 << 20;
inline constexpr std::size_t kMetadataPerPushMax = 4 << 20;
inline constexpr std::size_t kReasonBytesMax = 4 << 10;
// Of a sources request and its answer: generations of one host.
inline constexpr std::size_t kGenerationsMax = 1 << 20;

std::string encode_hello(const core::AgentHello& hello);
base::StatusOr<core::AgentHello> decode_hello(std::string_view body);
std::string encode_hello_answer(const core::HelloAnswer& answer);
base::StatusOr<core::HelloAnswer> decode_hello_answer(std::string_view body);

struct SourcesRequest {
  std::string host;
  std::vector<core::GenerationId> only;  // empty: all sources of the host
};
std::string encode_sources(const SourcesRequest& request);
base::StatusOr<SourcesRequest> decode_sources(std::string_view body);
std::string encode_sources_answer(const std::vector<core::SourceState>& states);
// The host of each SourceInfo::id stays empty: the message does not repeat it.
base::StatusOr<std::vector<core::SourceState>> decode_sources_answer(std::string_view body);

std::string encode_push_answer(const std::vector<core::SliceVerdict>& verdicts);
base::StatusOr<std::vector<core::SliceVerdict>> decode_push_answer(std::string_view body);

}  // namespace cordwood::ingest::native
