#include "codec/deflate.h"

#include <zlib.h>

#include <limits>

#include "base/check.h"
#include "codec/limited_output.h"

namespace cordwood::codec {
namespace {

constexpr int kRawWindow = -15;
constexpr int kZlibWindow = 15;
constexpr int kGzipWindow = 15 + 16;

// zlib counts in 32 bits, so longer buffers are passed in pieces.
uInt piece(std::uint64_t bytes) {
  return static_cast<uInt>(std::min<std::uint64_t>(bytes, std::numeric_limits<uInt>::max() / 2));
}

// One inflate run over `bytes`, which may be followed by another after reset().
class Inflater {
 public:
  Inflater(int window_bits, std::string_view bytes) : bytes_(bytes) {
    CHECK(inflateInit2(&stream_, window_bits) == Z_OK);
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::uint64_t consumed() const { return at_; }
  void reset() { CHECK(inflateReset(&stream_) == Z_OK); }

  // Decompresses to the end of the stream that starts at consumed().
  base::Status run(std::string_view format, LimitedOutput& out) {
    while (true) {
      out.grow();
      // zlib's interface is not const, but input is only read.
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes_.data() + at_));
      stream_.avail_in = piece(bytes_.size() - at_);
      stream_.next_out = reinterpret_cast<Bytef*>(out.begin());
      stream_.avail_out = piece(out.room());
      const uInt in_before = stream_.avail_in;
      const uInt out_before = stream_.avail_out;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      at_ += in_before - stream_.avail_in;
      out.add(out_before - stream_.avail_out);
      if (out.over_limit()) return out.limit_error(format);
      if (result == Z_STREAM_END) return base::ok_status();
      const bool progress = in_before != stream_.avail_in || out_before != stream_.avail_out;
      if (result == Z_OK && progress) continue;
      if (result == Z_BUF_ERROR || result == Z_OK) {
        if (at_ < bytes_.size() || out.room() == 0) continue;
        return base::invalid_argument_error("{}: truncated at offset {}", format, at_);
      }
      CHECK(result != Z_MEM_ERROR && result != Z_STREAM_ERROR);
      return base::invalid_argument_error("{}: malformed at offset {}: {}", format, at_,
                                          stream_.msg == nullptr ? "a dictionary is needed" : stream_.msg);
    }
  }

 private:
  std::string_view bytes_;
  std::uint64_t at_ = 0;
  z_stream stream_{};
};

base::StatusOr<std::string> inflate_one(int window_bits, std::string_view format, std::string_view bytes,
                                        std::uint64_t decompressed_bytes_max) {
  LimitedOutput out(decompressed_bytes_max, bytes.size());
  Inflater inflater(window_bits, bytes);
  RETURN_IF_ERROR(inflater.run(format, out));
  if (inflater.consumed() != bytes.size()) {
    return base::invalid_argument_error("{}: {} bytes after the end at offset {}", format,
                                        bytes.size() - inflater.consumed(), inflater.consumed());
  }
  return std::move(out).take();
}

// RFC 1950: method 8, window at most 32 KiB, the two bytes a multiple of 31.
bool has_zlib_header(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  return (first & 0x0f) == 8 && first >> 4 <= 7 && (first << 8 | second) % 31 == 0;
}

}  // namespace

base::StatusOr<std::string> gunzip(std::string_view bytes, std::uint64_t decompressed_bytes_max) {
  LimitedOutput out(decompressed_bytes_max, bytes.size());
  Inflater inflater(kGzipWindow, bytes);
  while (true) {
    RETURN_IF_ERROR(inflater.run("gzip", out));
    if (inflater.consumed() == bytes.size()) return std::move(out).take();
    inflater.reset();
  }
}

base::StatusOr<std::string> inflate_zlib_or_raw(std::string_view bytes, std::uint64_t decompressed_bytes_max) {
  if (!has_zlib_header(bytes)) return inflate_one(kRawWindow, "deflate", bytes, decompressed_bytes_max);
  base::StatusOr<std::string> as_zlib = inflate_one(kZlibWindow, "deflate", bytes, decompressed_bytes_max);
  if (as_zlib.ok() || as_zlib.status().code() != base::StatusCode::kInvalidArgument) return as_zlib;
  // A raw stream may begin with two bytes that look like a header. The first error is the more likely truth.
  base::StatusOr<std::string> as_raw = inflate_one(kRawWindow, "deflate", bytes, decompressed_bytes_max);
  return as_raw.ok() ? std::move(as_raw) : std::move(as_zlib);
}

std::string deflate(DeflateFormat format, std::string_view bytes, int level) {
  const int window_bits = format == DeflateFormat::kGzip   ? kGzipWindow
                          : format == DeflateFormat::kZlib ? kZlibWindow
                                                           : kRawWindow;
  z_stream stream{};
  CHECK(deflateInit2(&stream, level == 0 ? Z_DEFAULT_COMPRESSION : level, Z_DEFLATED, window_bits, 8,
                     Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  std::size_t in_at = 0;
  std::size_t out_at = 0;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + in_at));
    stream.avail_in = piece(bytes.size() - in_at);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + out_at);
    stream.avail_out = piece(out.size() - out_at);
    const uInt in_before = stream.avail_in;
    const uInt out_before = stream.avail_out;
    result = ::deflate(&stream, in_at + in_before == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    CHECK(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
    in_at += in_before - stream.avail_in;
    out_at += out_before - stream.avail_out;
    CHECK(out_at < out.size() || result == Z_STREAM_END);
  }
  deflateEnd(&stream);
  out.resize(out_at);
  return out;
}

}  // namespace cordwood::codec
