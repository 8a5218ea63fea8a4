// The output of a decompressor that must not pass a limit: grows by doubling, never by more than one byte beyond the
// limit, and never on the word of a header.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace cordwood::codec {

class LimitedOutput {
 public:
  // `expected_bytes` is a guess for the first allocation.
  LimitedOutput(std::uint64_t bytes_max, std::uint64_t expected_bytes)
      : bytes_max_(std::min(bytes_max, kAnyBytesMax)),
        buffer_(std::min(bytes_max_ + 1, std::max<std::uint64_t>(expected_bytes, kFirstBytes)), '\0') {}

  // Where the next bytes go. Not empty while over_limit() is false and grow() was called after it was full.
  char* begin() { return buffer_.data() + used_; }
  std::size_t room() const { return buffer_.size() - used_; }
  void add(std::size_t bytes) { used_ += bytes; }
  bool over_limit() const { return used_ > bytes_max_; }
  // Doubles the room when none is left.
  void grow() {
    if (room() == 0) buffer_.resize(std::min<std::uint64_t>(bytes_max_ + 1, buffer_.size() * 2));
  }
  std::string take() && {
    buffer_.resize(used_);
    // A caller may keep the result for long; half-empty memory would not be counted anywhere.
    if (buffer_.capacity() > used_ + used_ / 4) buffer_.shrink_to_fit();
    return std::move(buffer_);
  }
  base::Status limit_error(std::string_view format) const {
    return base::resource_exhausted_error("{}: more than {} bytes when decompressed", format, bytes_max_);
  }

 private:
  static constexpr std::uint64_t kFirstBytes = 4096;
  // Keeps sums of sizes far from overflow.
  static constexpr std::uint64_t kAnyBytesMax = std::uint64_t{1} << 40;
  const std::uint64_t bytes_max_;
  std::string buffer_;
  std::size_t used_ = 0;
};

}  // namespace cordwood::codec
