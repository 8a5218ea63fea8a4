// Request bodies: their media type and compression.
#pragma once

#include <string>
#include <string_view>

#include "api/call.h"
#include "base/status.h"
#include "base/task.h"
#include "core/record_sink.h"
#include "ingest/decoder.h"
#include "io/http.h"

namespace cordwood::api {

// The Content-Type without parameters, lower case: "application/json".
std::string media_type_of(const io::HttpRequest& request);
// InvalidArgument when its parameters are not `name=value` (RFC 9110, 8.3.1): Loki's push refuses such a body.
base::Status check_media_parameters(const io::HttpRequest& request);

// Of the Content-Encoding header: "", identity, gzip, deflate, snappy, zstd. InvalidArgument for others.
base::StatusOr<core::ContentEncoding> content_encoding_of(const io::HttpRequest& request);

// The body decompressed; ResourceExhausted beyond `bytes_max`.
base::StatusOr<std::string> decompressed_body(const io::HttpRequest& request, std::uint64_t bytes_max);

// What is in the body of a push, checked against the limits. Large bodies are decoded on a blocking thread, so that
// they do not hold up everybody else. `body` and `call` must outlive the Task.
base::Task<base::StatusOr<ingest::DecodedPush>> decode_push(const Call& call, const core::EncodedBody& body);

}  // namespace cordwood::api
