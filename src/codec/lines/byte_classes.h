// Which bytes of a buffer are of which class, as bitmaps: computed once for all lines of a block, 32 bytes at a time,
// and then read instead of the bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cordwood::codec::lines {

// One bit a byte; bit i % 64 of word i / 64. Behind the last byte are zeros.
class Bitmap {
 public:
  // The first one in [from, end), or end.
  std::uint32_t next(std::uint32_t from, std::uint32_t end) const { return find(from, end, 0); }
  std::uint32_t next_zero(std::uint32_t from, std::uint32_t end) const { return find(from, end, ~std::uint64_t{0}); }
  // Bits [from, from + 64).
  std::uint64_t bits(std::uint32_t from) const {
    std::uint32_t shift = from % 64;
    std::uint64_t low = words_[from / 64] >> shift;
    return shift == 0 ? low : low | words_[from / 64 + 1] << (64 - shift);
  }

 private:
  friend class ByteClasses;
  std::uint32_t find(std::uint32_t from, std::uint32_t end, std::uint64_t flip) const {
    if (from >= end) return end;
    std::size_t i = from / 64;
    std::uint64_t word = (words_[i] ^ flip) >> from % 64 << from % 64;
    while (word == 0) {
      if (++i * 64 >= end) return end;
      word = words_[i] ^ flip;
    }
    auto found = static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(std::countr_zero(word));
    return found < end ? found : end;
  }
  std::vector<std::uint64_t> words_;
};

class ByteClasses {
 public:
  // `bytes` must be followed by kPadding readable bytes. Reuses memory.
  static constexpr std::size_t kPadding = 64;
  void classify(std::string_view bytes);
  // The slow twin.
  void classify_slowly(std::string_view bytes);

  const Bitmap& token() const { return token_; }    // letters, digits, _, bytes from 128 on
  const Bitmap& digit() const { return digit_; }    // 0-9
  const Bitmap& no_hex() const { return no_hex_; }  // of token() what is no hexadecimal digit of either case
  const Bitmap& mark() const { return mark_; }      // " and backslash
  const Bitmap& stop() const { return stop_; }      // token() or mark()

 private:
  void resize(std::size_t bytes);
  void classify_by_avx2(const char* bytes, std::size_t words);

  Bitmap token_;
  Bitmap digit_;
  Bitmap no_hex_;
  Bitmap mark_;
  Bitmap stop_;
};

}  // namespace cordwood::codec::lines
