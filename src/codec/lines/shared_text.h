// The text that the blocks of a row group share: each piece that several of them have, once. Pages compressed behind it
// need not repeat it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::codec::lines {

// Memory: 2 MiB of text and 4 MiB of places, until clear().
class SharedText {
 public:
  // The following text is of the next block.
  void begin_block() { ++block_; }
  void add(std::string_view text);
  // Of all blocks so far, at most 256 KiB. So little that it does not pay is nothing.
  std::string text() const;
  void clear();

 private:
  // A run of the candidates that came from one block.
  struct Piece {
    std::uint32_t block = 0;
    bool shared = false;
  };
  std::size_t repeated_at(std::string_view text);

  std::uint32_t block_ = 0;
  std::string candidates_;             // each piece of text once
  std::vector<Piece> pieces_;          // one for each kPieceBytes of the candidates
  std::vector<std::uint32_t> places_;  // where 16 bytes with a hash stand in the candidates, plus one
};

}  // namespace cordwood::codec::lines
