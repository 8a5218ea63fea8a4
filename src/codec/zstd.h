// zstd frames whose decompressed size is known from elsewhere: columns of segments, bodies in the journal.
// For bodies from outside use compress.h.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cordwood::codec {

// Keeps its working memory (1 to 100 MB, by level) between calls. One thread at a time. The same bytes at the same
// level give the same frame as long as the library's version stays.
class ZstdCompressor {
 public:
  // Levels -5 to 22; see zstd's manual.
  explicit ZstdCompressor(int level);
  ~ZstdCompressor();
  ZstdCompressor(ZstdCompressor&&) noexcept;
  ZstdCompressor& operator=(ZstdCompressor&&) noexcept;

  // Appends one frame that holds `bytes` to `out`. What is in `prefix` need not be stored again; whoever decompresses
  // must have it.
  void append_frame(std::string_view bytes, std::string& out, std::string_view prefix = {});

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Fills exactly `out` from the one frame in `frame`. DataLoss with the reason when the frame is malformed, holds fewer
// or more bytes, or is followed by others. `prefix` as it was for the compressor. Thread-safe: each thread keeps one
// working memory of about 160 kB.
base::Status zstd_decompress_exact(std::string_view frame, std::span<char> out, std::string_view prefix = {});

}  // namespace cordwood::codec
