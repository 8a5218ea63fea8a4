#include "segment/v1/stored_part.h"

#include <utility>

#include "base/check.h"
#include "segment/format.h"
#include "segment/v1/block_decoder.h"

namespace cordwood::segment::v1 {
namespace {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// The ranges to fetch for the wanted pages, in order: pages are joined when the unwanted bytes between them cost less
// than another read would.
std::vector<ByteRange> ranges_of(const BlockEntry& block, PageSet wanted) {
  std::vector<ByteRange> ranges;
  for (std::size_t i = 0; i < kPagesPerBlock; ++i) {
    const auto kind = static_cast<PageKind>(i);
    if (!wanted.has(kind) || block.page(kind).encoding == Encoding::kAbsent) continue;
    const std::uint64_t begin = block.page_offset(kind);
    const std::uint64_t end = begin + block.page(kind).stored_bytes;
    if (!ranges.empty() && begin - (ranges.back().offset + ranges.back().length) <= kReadGapBytesMax) {
      ranges.back().length = end - ranges.back().offset;
    } else {
      ranges.push_back({begin, end - begin});
    }
  }
  return ranges;
}

}  // namespace

StoredPart::StoredPart(std::shared_ptr<ByteSource> source, Tables tables)
    : source_(std::move(source)), tables_(std::move(tables)) {
  infos_.reserve(tables_.blocks.size());
  for (const BlockEntry& block : tables_.blocks) infos_.push_back(block.info);
}

base::Task<base::StatusOr<std::shared_ptr<const BlockRows>>> StoredPart::read_block(std::size_t index,
                                                                                    Columns columns) const {
  CHECK(index < tables_.blocks.size());
  const BlockEntry& block = tables_.blocks[index];
  const PageSet wanted = PageSet::of(columns);
  const std::vector<ByteRange> ranges = ranges_of(block, wanted);
  std::vector<std::string> fetched;
  StoredPages pages;
  fetched.reserve(ranges.size());
  for (const ByteRange& range : ranges) {
    std::string section = fmt::format("block {}", index);
    base::StatusOr<std::string> bytes = co_await read_exactly(source_, range.offset, range.length, std::move(section));
    if (!bytes.ok()) co_return bytes.status();
    fetched.push_back(*std::move(bytes));
    pages.add(block, range.offset, fetched.back());
  }
  const BlockDecoder decoder(source_->name(), index, block, static_cast<std::uint32_t>(tables_.sources.size()));
  base::StatusOr<std::shared_ptr<const BlockRows>> rows = decoder.decode(pages, wanted);
  co_return rows;
}

}  // namespace cordwood::segment::v1
