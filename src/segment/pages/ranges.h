// What to fetch of an object for the wanted parts of a block.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "segment/pages/block_pages.h"
#include "segment/pages/column_decoder.h"

namespace cordwood::segment::pages {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// Ranges in ascending order; one is joined to the one before when the unwanted bytes between them cost less than
// another read would (kReadGapBytesMax).
class RangeList {
 public:
  void add(std::uint64_t offset, std::uint64_t length);
  // The wanted pages that exist.
  void add(const BlockPages& block, PageSet wanted);
  const std::vector<ByteRange>& ranges() const { return ranges_; }

 private:
  std::vector<ByteRange> ranges_;
};

// A part of the object in memory.
struct Window {
  std::uint64_t offset = 0;
  std::string_view bytes;

  bool holds(std::uint64_t at, std::uint64_t length) const {
    return at >= offset && at - offset <= bytes.size() && length <= bytes.size() - (at - offset);
  }
  std::string_view at(std::uint64_t where, std::uint64_t length) const { return bytes.substr(where - offset, length); }
};

}  // namespace cordwood::segment::pages
