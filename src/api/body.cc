#include "api/body.h"

#include "codec/compress.h"

namespace cordwood::api {
namespace {

// About 5 ms of decoding; executor threads are not to be held for more than 10.
constexpr std::size_t kInlineBytesMax = 1 << 20;

std::string trimmed_lower(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\t') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return out;
}

}  // namespace

std::string media_type_of(const io::HttpRequest& request) {
  const std::string_view type = request.headers.get("Content-Type");
  return trimmed_lower(type.substr(0, type.find(';')));
}

base::Status check_media_parameters(const io::HttpRequest& request) {
  std::string_view rest = request.headers.get("Content-Type");
  std::size_t semicolon = rest.find(';');
  while (semicolon != std::string_view::npos) {
    rest.remove_prefix(semicolon + 1);
    semicolon = rest.find(';');
    const std::string parameter = trimmed_lower(rest.substr(0, semicolon));
    const std::size_t equals = parameter.find('=');
    // A semicolon at the very end is harmless.
    if (parameter.empty() && semicolon == std::string_view::npos) break;
    if (equals == std::string::npos || equals == 0 || equals + 1 == parameter.size()) {
      return base::invalid_argument_error("mime: invalid media parameter");
    }
  }
  return base::ok_status();
}

base::StatusOr<core::ContentEncoding> content_encoding_of(const io::HttpRequest& request) {
  const std::string_view sent = request.headers.get("Content-Encoding");
  const std::string name = trimmed_lower(sent);
  if (name.empty() || name == "identity") return core::ContentEncoding::kIdentity;
  if (name == "gzip" || name == "x-gzip") return core::ContentEncoding::kGzip;
  if (name == "deflate") return core::ContentEncoding::kDeflate;
  if (name == "snappy") return core::ContentEncoding::kSnappyBlock;
  if (name == "zstd") return core::ContentEncoding::kZstd;
  return base::invalid_argument_error("Content-Encoding \"{}\" not supported", sent);
}

base::StatusOr<std::string> decompressed_body(const io::HttpRequest& request, std::uint64_t bytes_max) {
  ASSIGN_OR_RETURN(const core::ContentEncoding encoding, content_encoding_of(request));
  return codec::decompress(static_cast<codec::Compression>(encoding), *request.body, bytes_max);
}

base::Task<base::StatusOr<ingest::DecodedPush>> decode_push(const Call& call, const core::EncodedBody& body) {
  const ingest::Decoder& decoder = call.deps.decoder;
  if (body.bytes->size() <= kInlineBytesMax) co_return decoder.decode_arriving(body, call.arrival, call.limits());
  base::StatusOr<ingest::DecodedPush> decoded = co_await call.deps.executor.blocking(
      [&call, &body, &decoder] { return decoder.decode_arriving(body, call.arrival, call.limits()); });
  co_return decoded;
}

}  // namespace cordwood::api
