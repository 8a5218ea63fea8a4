// Stored pages of one block -> its rows as columns.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "segment/part.h"
#include "segment/v1/tables.h"

namespace cordwood::segment::v1 {

// Which pages to read.
class PageSet {
 public:
  // times and streams always; what the other columns need.
  static PageSet of(Columns columns);
  bool has(PageKind kind) const { return (bits_ >> static_cast<unsigned>(kind) & 1U) != 0; }

 private:
  void add(PageKind kind) { bits_ |= 1U << static_cast<unsigned>(kind); }
  unsigned bits_ = 0;
};

// The stored bytes of the pages that have been fetched; views.
class StoredPages {
 public:
  // Takes all pages that lie wholly in `bytes`, which begin at `offset` in the object.
  void add(const BlockEntry& block, std::uint64_t offset, std::string_view bytes);
  std::string_view page(PageKind kind) const { return pages_[static_cast<std::size_t>(kind)]; }

 private:
  std::array<std::string_view, kPagesPerBlock> pages_;
};

class BlockDecoder {
 public:
  // `object` and `index` are for error texts. Both references must outlive the decoder.
  BlockDecoder(std::string_view object, std::size_t index, const BlockEntry& block, std::uint32_t sources)
      : object_(object), index_(index), block_(block), sources_(sources) {}

  // `pages` holds the wanted ones. DataLoss as docs/formats/segment.md says.
  base::StatusOr<std::shared_ptr<const BlockRows>> decode(const StoredPages& pages, PageSet wanted) const;

 private:
  PagePlace place(PageKind kind) const;
  base::StatusOr<PageBytes> open(const StoredPages& pages, PageKind kind) const;
  base::Status decode_times(const StoredPages& pages, BlockRows& rows) const;
  base::Status decode_streams(const StoredPages& pages, BlockRows& rows) const;
  base::StatusOr<std::vector<std::uint64_t>> decode_lengths(const StoredPages& pages) const;
  base::Status decode_positions(const StoredPages& pages, const std::vector<std::uint64_t>& lengths,
                                BlockRows& rows) const;
  base::Status decode_metadata(const StoredPages& pages, BlockRows& rows) const;
  base::Status decode_text(const StoredPages& pages, const std::vector<std::uint64_t>& lengths, BlockRows& rows) const;

  std::string_view object_;
  std::size_t index_;
  const BlockEntry& block_;
  std::uint32_t sources_;
};

}  // namespace cordwood::segment::v1
