// What a stream will take once it is compressed: for choosing among encodings.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "codec/zstd.h"

namespace cordwood::codec::lines {

class StreamCost {
 public:
  // Either the stream is compressed to see, or its entropy is taken, which costs a tenth.
  explicit StreamCost(bool tries) {
    if (tries) compressor_.emplace(kTriedLevel);
  }

  bool tries() const { return compressor_.has_value(); }
  // In bytes.
  std::size_t of(std::string_view stream);

 private:
  // Which of two streams is shorter shows at a level far below that of the pages.
  static constexpr int kTriedLevel = 5;

  std::optional<ZstdCompressor> compressor_;
  std::string frame_;
};

}  // namespace cordwood::codec::lines
