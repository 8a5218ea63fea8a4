#include "codec/zstd.h"

#include <zstd.h>

#include "base/check.h"
#include "codec/limited_output.h"
#include "codec/zstd_limited.h"

namespace cordwood::codec {
namespace {

// RFC 9659: a receiver of the content coding need not offer more, so that a header cannot ask for gigabytes.
constexpr int kWindowLogMax = 23;

struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Only for frames decoded in one call, which need no window: those would stay allocated with the thread.
ZSTD_DCtx* thread_decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  CHECK(context != nullptr);
  return context.get();
}

}  // namespace

struct ZstdCompressor::Context {
  explicit Context(int level) : cctx(ZSTD_createCCtx()) {
    CHECK(cctx != nullptr);
    CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(cctx, ZSTD_c_compressionLevel, level)));
  }
  ~Context() { ZSTD_freeCCtx(cctx); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ZSTD_CCtx* const cctx;
};

ZstdCompressor::ZstdCompressor(int level) : context_(std::make_unique<Context>(level)) {}
ZstdCompressor::~ZstdCompressor() = default;
ZstdCompressor::ZstdCompressor(ZstdCompressor&&) noexcept = default;
ZstdCompressor& ZstdCompressor::operator=(ZstdCompressor&&) noexcept = default;

void ZstdCompressor::append_frame(std::string_view bytes, std::string& out, std::string_view prefix) {
  // Holds for the next frame alone.
  if (!prefix.empty()) {
    CHECK(!ZSTD_isError(ZSTD_CCtx_refPrefix(context_->cctx, prefix.data(), prefix.size())));
  }
  const std::size_t before = out.size();
  out.resize(before + ZSTD_compressBound(bytes.size()));
  const std::size_t written =
      ZSTD_compress2(context_->cctx, out.data() + before, out.size() - before, bytes.data(), bytes.size());
  CHECK_MSG(!ZSTD_isError(written), ZSTD_getErrorName(written));
  out.resize(before + written);
}

base::Status zstd_decompress_exact(std::string_view frame, std::span<char> out, std::string_view prefix) {
  const unsigned long long told = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (told == ZSTD_CONTENTSIZE_ERROR) return base::data_loss_error("zstd: no frame in {} bytes", frame.size());
  if (told != ZSTD_CONTENTSIZE_UNKNOWN && told != out.size()) {
    return base::data_loss_error("zstd: wanted={} decompressed bytes, found={}", out.size(), told);
  }
  // A decompressor would go on with frames that follow.
  const std::size_t frame_bytes = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(frame_bytes)) return base::data_loss_error("zstd: {}", ZSTD_getErrorName(frame_bytes));
  if (frame_bytes != frame.size()) {
    return base::data_loss_error("zstd: wanted=one frame of {} bytes, found={}", frame.size(), frame_bytes);
  }
  ZSTD_DCtx* context = thread_decompressor();
  if (!prefix.empty()) {
    const std::size_t referred = ZSTD_DCtx_refPrefix(context, prefix.data(), prefix.size());
    if (ZSTD_isError(referred)) return base::data_loss_error("zstd: {}", ZSTD_getErrorName(referred));
  }
  const std::size_t got = ZSTD_decompressDCtx(context, out.data(), out.size(), frame.data(), frame.size());
  // Never for a later frame, which may be another thread's work by then.
  if (!prefix.empty()) ZSTD_DCtx_refPrefix(context, nullptr, 0);
  if (ZSTD_isError(got)) return base::data_loss_error("zstd: {}", ZSTD_getErrorName(got));
  if (got != out.size()) {
    return base::data_loss_error("zstd: wanted={} decompressed bytes, found={}", out.size(), got);
  }
  return base::ok_status();
}

base::StatusOr<std::string> zstd_decompress_limited(std::string_view bytes, std::uint64_t decompressed_bytes_max) {
  const unsigned long long told = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (told == ZSTD_CONTENTSIZE_ERROR) return base::invalid_argument_error("zstd: malformed at offset 0: no frame");
  if (told != ZSTD_CONTENTSIZE_UNKNOWN && told > decompressed_bytes_max) {
    return base::resource_exhausted_error("zstd: {} bytes when decompressed, more than {}", told,
                                          decompressed_bytes_max);
  }
  // What the header tells is believed only as far as the bytes could hold it: zstd's best is a block of 128 KiB in 4
  // bytes.
  const std::uint64_t plausible = bytes.size() * ((128U << 10) / 4);
  const std::uint64_t expected = told == ZSTD_CONTENTSIZE_UNKNOWN ? bytes.size() * 4 : told + 1;
  LimitedOutput out(decompressed_bytes_max,
                    std::min<std::uint64_t>(expected, std::min(plausible, decompressed_bytes_max)));
  const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  CHECK(context != nullptr);
  CHECK(!ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLogMax)));
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  while (true) {
    out.grow();
    ZSTD_outBuffer room{out.begin(), out.room(), 0};
    const std::size_t before = in.pos;
    const std::size_t result = ZSTD_decompressStream(context.get(), &room, &in);
    out.add(room.pos);
    if (out.over_limit()) return out.limit_error("zstd");
    if (ZSTD_isError(result)) {
      return base::invalid_argument_error("zstd: malformed at offset {}: {}", in.pos, ZSTD_getErrorName(result));
    }
    if (result == 0 && in.pos == bytes.size()) return std::move(out).take();
    if (in.pos == bytes.size() && room.pos == 0 && in.pos == before) {
      return base::invalid_argument_error("zstd: truncated at offset {}", in.pos);
    }
  }
}

}  // namespace cordwood::codec
