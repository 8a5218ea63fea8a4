#include "segment/pages/ranges.h"

#include "segment/format.h"

namespace cordwood::segment::pages {

void RangeList::add(std::uint64_t offset, std::uint64_t length) {
  if (!ranges_.empty() && offset - (ranges_.back().offset + ranges_.back().length) <= kReadGapBytesMax) {
    ranges_.back().length = offset + length - ranges_.back().offset;
  } else {
    ranges_.push_back({offset, length});
  }
}

void RangeList::add(const BlockPages& block, PageSet wanted) {
  for (std::size_t i = 0; i < kPagesPerBlock; ++i) {
    const auto kind = static_cast<PageKind>(i);
    if (!wanted.has(kind) || block.page(kind).encoding == Encoding::kAbsent) continue;
    add(block.page_offset(kind), block.page(kind).stored_bytes);
  }
}

}  // namespace cordwood::segment::pages
