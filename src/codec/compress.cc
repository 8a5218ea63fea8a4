#include "codec/compress.h"

#include <snappy.h>

#include "base/check.h"
#include "codec/deflate.h"
#include "codec/zstd.h"
#include "codec/zstd_limited.h"

namespace cordwood::codec {
namespace {

constexpr int kZstdDefaultLevel = 3;

base::StatusOr<std::string> unsnap(std::string_view bytes, std::uint64_t decompressed_bytes_max) {
  std::size_t told = 0;
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &told)) {
    return base::invalid_argument_error("snappy: malformed at offset 0: no length");
  }
  if (told > decompressed_bytes_max) {
    return base::resource_exhausted_error("snappy: {} bytes when decompressed, more than {}", told,
                                          decompressed_bytes_max);
  }
  // The best a block can do is 64 bytes for a copy of three.
  if (told / 64 > bytes.size()) {
    return base::invalid_argument_error("snappy: malformed at offset 0: {} bytes cannot hold {}", bytes.size(), told);
  }
  std::string out(told, '\0');
  if (!snappy::RawUncompress(bytes.data(), bytes.size(), out.data())) {
    return base::invalid_argument_error("snappy: malformed within {} bytes: a wrong tag, or truncated", bytes.size());
  }
  return out;
}

}  // namespace

std::string_view name_of(Compression kind) {
  switch (kind) {
    case Compression::kIdentity:
      return "identity";
    case Compression::kGzip:
      return "gzip";
    case Compression::kDeflate:
      return "deflate";
    case Compression::kSnappyBlock:
      return "snappy";
    case Compression::kZstd:
      return "zstd";
  }
  return "unknown";
}

base::StatusOr<std::string> decompress(Compression kind, std::string_view bytes, std::uint64_t decompressed_bytes_max) {
  if (kind == Compression::kIdentity) {
    if (bytes.size() > decompressed_bytes_max) {
      return base::resource_exhausted_error("identity: {} bytes, more than {}", bytes.size(), decompressed_bytes_max);
    }
    return std::string(bytes);
  }
  if (bytes.empty()) return base::invalid_argument_error("{}: truncated at offset 0: empty input", name_of(kind));
  switch (kind) {
    case Compression::kGzip:
      return gunzip(bytes, decompressed_bytes_max);
    case Compression::kDeflate:
      return inflate_zlib_or_raw(bytes, decompressed_bytes_max);
    case Compression::kSnappyBlock:
      return unsnap(bytes, decompressed_bytes_max);
    case Compression::kZstd:
      return zstd_decompress_limited(bytes, decompressed_bytes_max);
    case Compression::kIdentity:
      break;
  }
  return base::invalid_argument_error("unknown compression {}", static_cast<unsigned>(kind));
}

std::string compress(Compression kind, std::string_view bytes, int level) {
  std::string out;
  switch (kind) {
    case Compression::kIdentity:
      return std::string(bytes);
    case Compression::kGzip:
      return deflate(DeflateFormat::kGzip, bytes, level);
    case Compression::kDeflate:
      return deflate(DeflateFormat::kZlib, bytes, level);
    case Compression::kSnappyBlock:
      snappy::Compress(bytes.data(), bytes.size(), &out);
      return out;
    case Compression::kZstd:
      ZstdCompressor(level == 0 ? kZstdDefaultLevel : level).append_frame(bytes, out);
      return out;
  }
  CHECK_MSG(false, "unknown compression");
  return out;
}

}  // namespace cordwood::codec
