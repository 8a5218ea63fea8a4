// Stored pages of one block -> the columns of its rows beside the lines.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "segment/pages/block_pages.h"
#include "segment/part.h"

namespace cordwood::segment::pages {

// Which pages to read.
class PageSet {
 public:
  // times and streams always; what the other columns need. `lengths`: also those of the lines.
  static PageSet of(Columns columns, bool lengths);
  bool has(PageKind kind) const { return (bits_ >> static_cast<unsigned>(kind) & 1U) != 0; }

 private:
  void add(PageKind kind) { bits_ |= 1U << static_cast<unsigned>(kind); }
  unsigned bits_ = 0;
};

// The stored bytes of the pages that have been fetched; views.
class StoredPages {
 public:
  // Takes all pages that lie wholly in `bytes`, which begin at `offset` in the object.
  void add(const BlockPages& block, std::uint64_t offset, std::string_view bytes);
  std::string_view page(PageKind kind) const { return pages_[static_cast<std::size_t>(kind)]; }

 private:
  std::array<std::string_view, kPagesPerBlock> pages_;
};

class ColumnDecoder {
 public:
  // `object` and `index` are for error texts. Both references must outlive the decoder.
  ColumnDecoder(std::string_view object, std::size_t index, const BlockPages& block, std::uint32_t sources)
      : object_(object), index_(index), block_(block), sources_(sources) {}

  // `pages` holds the wanted ones. `lengths` gets those of the lines if they are wanted. DataLoss as
  // docs/formats/segment.md says.
  base::Status decode(const StoredPages& pages, PageSet wanted, BlockRows& rows,
                      std::vector<std::uint64_t>& lengths) const;

 private:
  PagePlace place(PageKind kind) const;
  base::StatusOr<PageBytes> open(const StoredPages& pages, PageKind kind) const;
  base::Status decode_times(const StoredPages& pages, BlockRows& rows) const;
  base::Status decode_streams(const StoredPages& pages, BlockRows& rows) const;
  base::Status decode_lengths(const StoredPages& pages, std::vector<std::uint64_t>& lengths) const;
  base::Status decode_positions(const StoredPages& pages, const std::vector<std::uint64_t>& lengths,
                                BlockRows& rows) const;
  base::Status decode_metadata(const StoredPages& pages, BlockRows& rows) const;

  std::string_view object_;
  std::size_t index_;
  const BlockPages& block_;
  std::uint32_t sources_;
};

}  // namespace cordwood::segment::pages
