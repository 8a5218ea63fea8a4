#include "codec/lines/stream_cost.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace cordwood::codec::lines {

namespace {

// zstd has one table of codes for so many bytes.
constexpr std::size_t kChunk = 128u << 10;

double entropy_bits(std::string_view bytes) {
  std::array<std::array<std::uint32_t, 256>, 4> counts{};
  std::size_t at = 0;
  // Four tables: a counter that has just been written need not be waited for.
  for (; at + 4 <= bytes.size(); at += 4) {
    for (std::size_t k = 0; k < 4; ++k) ++counts[k][static_cast<unsigned char>(bytes[at + k])];
  }
  for (; at < bytes.size(); ++at) ++counts[0][static_cast<unsigned char>(bytes[at])];
  double bits = 0;
  auto all = static_cast<double>(bytes.size());
  for (std::size_t c = 0; c < 256; ++c) {
    std::uint32_t count = counts[0][c] + counts[1][c] + counts[2][c] + counts[3][c];
    if (count != 0) bits += count * std::log2(all / count);
  }
  return bits;
}

}  // namespace

std::size_t StreamCost::of(std::string_view stream) {
  if (compressor_.has_value()) {
    frame_.clear();
    compressor_->append_frame(stream, frame_);
    return std::min(frame_.size(), stream.size());
  }
  double bits = 0;
  for (std::size_t at = 0; at < stream.size(); at += kChunk) bits += entropy_bits(stream.substr(at, kChunk));
  return static_cast<std::size_t>(bits / 8);
}

}  // namespace cordwood::codec::lines
