// Streams -> pages. Small streams share a page: compressed together they are smaller, and a page has its price.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "codec/lines/directory.h"

namespace cordwood::codec {
class ZstdCompressor;
}

namespace cordwood::codec::lines {

class PageWriter {
 public:
  // `shared_text` is the prefix of pages of text; it must outlive the writer. Empty: none.
  PageWriter(ZstdCompressor& compressor, std::string_view shared_text)
      : compressor_(compressor), shared_text_(shared_text) {}

  // What lies in one page with its like.
  enum class Kin : std::uint8_t { kShort = 0, kText = 1 };
  // Streams must come in the order in which the directory names them.
  StreamEntry add(std::string_view stream, Kin kin);
  // Appends all pages to `out`. Then the writer is empty.
  std::vector<PageEntry> finish(std::string& out);

 private:
  void close(std::size_t page, std::string_view raw, Kin kin);

  ZstdCompressor& compressor_;
  std::string_view shared_text_;
  std::vector<PageEntry> pages_;
  std::vector<std::string> stored_;
  struct Pool {
    std::string raw;
    std::size_t page = 0;
  };
  std::array<Pool, 2> pools_;
};

}  // namespace cordwood::codec::lines
