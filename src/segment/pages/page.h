// A page: a run of bytes with a checksum, stored plain or as one zstd frame.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "codec/byte_reader.h"
#include "codec/zstd.h"
#include "segment/pages/format.h"

namespace cordwood::segment::pages {

// How a page is stored; where follows from the pages before it.
struct PageEntry {
  Encoding encoding = Encoding::kAbsent;
  std::uint64_t stored_bytes = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t checksum = 0;
};
// For errors, and so that an error says where to look in the object.
struct PagePlace {
  std::string_view object;
  std::string section;  // "block 3 text"
  std::uint64_t offset = 0;
};

void append_page_entry(const PageEntry& entry, std::string& out);
// DataLoss for an unknown encoding, and for more than `raw_bytes_max` or what the stored bytes could hold.
base::StatusOr<PageEntry> read_page_entry(codec::ByteReader& reader, std::uint64_t raw_bytes_max);

// Appends `raw` to `out` in the smaller form.
PageEntry append_page(std::string_view raw, codec::ZstdCompressor& compressor, std::string& out);

// Contents of a page in memory of their own.
struct PageBytes {
  std::shared_ptr<const char[]> owner;
  std::string_view bytes;
};
// Verifies the checksum of `stored` (of exactly entry.stored_bytes) first.
base::StatusOr<PageBytes> open_page(const PageEntry& entry, std::string_view stored, const PagePlace& place);

// DataLoss with the names of the place and the cause.
base::Status page_error(const PagePlace& place, const base::Status& cause);

}  // namespace cordwood::segment::pages
