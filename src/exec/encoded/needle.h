// A needle prepared for being laid over templates: where in it each byte stands.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/line_column.h"
#include "exec/substring_finder.h"

namespace cordwood::exec {

// Where a piece of the needle stands in a text.
enum class Place : std::uint8_t {
  kInside,  // anywhere
  kStart,   // the text begins with it
  kEnd,     // the text ends with it
  kWhole,   // the text is it
};

// [from, to) of a needle.
struct Slice {
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  std::uint32_t size() const { return static_cast<std::uint32_t>(to - from); }
  bool operator==(const Slice&) const = default;
};

// Immutable and thread-safe.
class Needle {
 public:
  // Sets of its positions are words of 64 bits.
  static constexpr std::size_t kBytesMax = 63;

  // Of a longer one only the first kBytesMax bytes are looked at: then whole() is false, and a hit a candidate.
  explicit Needle(const SubstringFinder& finder)
      : finder_(finder.needle().substr(0, kBytesMax), finder.folding()),
        is_whole_(finder.needle().size() <= kBytesMax) {
    for (std::size_t i = 0; i < text().size(); ++i) add(i, static_cast<unsigned char>(text()[i]));
  }

  // In lower case when folding.
  const std::string& text() const { return finder_.needle(); }
  std::string_view text(Slice slice) const {
    return std::string_view(text()).substr(slice.from, slice.to - slice.from);
  }
  Slice all() const { return {0, static_cast<std::uint8_t>(text().size())}; }
  const SubstringFinder& finder() const { return finder_; }
  bool is_whole() const { return is_whole_; }
  bool folds() const { return finder_.folding() == Case::kFoldAscii; }

  // The positions at which a byte may stand.
  std::uint64_t positions_of(char byte) const { return positions_[static_cast<unsigned char>(byte)]; }
  // The positions whose byte is of the alphabet.
  std::uint64_t positions_in(codec::Alphabet alphabet) const {
    std::uint64_t positions = 0;
    for (std::uint32_t i = 0; i < class_count_; ++i) {
      if ((alphabet & classes_[i].alphabet) != 0) positions |= classes_[i].positions;
    }
    return positions;
  }
  // Whether `text` is the slice, in any case when folding. Sizes are equal.
  bool equals(Slice slice, std::string_view text) const {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if ((positions_of(text[i]) >> (slice.from + i) & 1) == 0) return false;
    }
    return true;
  }

 private:
  struct Class {
    codec::Alphabet alphabet = 0;
    std::uint64_t positions = 0;
  };
  void add(std::size_t i, unsigned char byte) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    positions_[byte] |= bit;
    codec::Alphabet alphabet = codec::alphabet_of(byte);
    if (folds() && byte >= 'a' && byte <= 'z') {
      const auto upper = static_cast<unsigned char>(byte & ~0x20);
      positions_[upper] |= bit;
      alphabet |= codec::alphabet_of(upper);
    }
    for (std::uint32_t known = 0; known < class_count_; ++known) {
      if (classes_[known].alphabet != alphabet) continue;
      classes_[known].positions |= bit;
      return;
    }
    classes_[class_count_++] = {alphabet, bit};
  }

  const SubstringFinder finder_;
  const bool is_whole_;
  std::array<std::uint64_t, 256> positions_{};
  std::array<Class, 32> classes_{};
  std::uint32_t class_count_ = 0;
};

}  // namespace cordwood::exec
