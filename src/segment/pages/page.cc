#include "segment/pages/page.h"

#include <cstring>
#include <span>

#include "base/check.h"
#include "base/hash.h"
#include "codec/byte_writer.h"

namespace cordwood::segment::pages {

void append_page_entry(const PageEntry& entry, std::string& out) {
  codec::ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>(entry.encoding));
  if (entry.encoding == Encoding::kAbsent) return;
  writer.varint(entry.stored_bytes);
  if (entry.encoding == Encoding::kZstd) writer.varint(entry.raw_bytes);
  writer.u64(entry.checksum);
}

base::StatusOr<PageEntry> read_page_entry(codec::ByteReader& reader, std::uint64_t raw_bytes_max) {
  PageEntry entry;
  ASSIGN_OR_RETURN(const std::uint8_t encoding, reader.u8("page encoding"));
  if (encoding > static_cast<std::uint8_t>(Encoding::kZstd)) {
    return reader.wrong("page encoding", static_cast<std::uint8_t>(Encoding::kZstd), encoding);
  }
  entry.encoding = static_cast<Encoding>(encoding);
  if (entry.encoding == Encoding::kAbsent) return entry;
  ASSIGN_OR_RETURN(entry.stored_bytes, reader.varint_up_to(raw_bytes_max, "page bytes"));
  entry.raw_bytes = entry.stored_bytes;
  if (entry.encoding == Encoding::kZstd) {
    ASSIGN_OR_RETURN(entry.raw_bytes, reader.varint_up_to(raw_bytes_max, "raw page bytes"));
    if (entry.raw_bytes / kExpansionMax > entry.stored_bytes) {
      return reader.wrong("raw page bytes", entry.stored_bytes * kExpansionMax, entry.raw_bytes);
    }
  }
  ASSIGN_OR_RETURN(entry.checksum, reader.u64("page checksum"));
  return entry;
}

PageEntry append_page(std::string_view raw, codec::ZstdCompressor& compressor, std::string& out) {
  PageEntry entry;
  const std::size_t begin = out.size();
  entry.raw_bytes = raw.size();
  entry.encoding = Encoding::kZstd;
  compressor.append_frame(raw, out);
  if (out.size() - begin >= raw.size()) {
    entry.encoding = Encoding::kPlain;
    out.resize(begin);
    out.append(raw);
  }
  entry.stored_bytes = out.size() - begin;
  entry.checksum = base::hash64(std::string_view(out).substr(begin));
  return entry;
}

base::Status page_error(const PagePlace& place, const base::Status& cause) {
  return base::data_loss_error("segment={} section={} offset={}: {}", place.object, place.section, place.offset,
                               base::message_of(cause));
}

base::StatusOr<PageBytes> open_page(const PageEntry& entry, std::string_view stored, const PagePlace& place) {
  CHECK(stored.size() == entry.stored_bytes);
  const std::uint64_t checksum = base::hash64(stored);
  if (checksum != entry.checksum) {
    return page_error(place, base::data_loss_error("checksum of {} bytes: wanted={:016x} found={:016x}", stored.size(),
                                                   entry.checksum, checksum));
  }
  // Not zeroed first: it is about to be filled.
  std::shared_ptr<char[]> memory(new char[entry.raw_bytes]);
  if (entry.encoding == Encoding::kZstd) {
    const base::Status status = codec::zstd_decompress_exact(stored, std::span(memory.get(), entry.raw_bytes));
    if (!status.ok()) return page_error(place, status);
  } else if (!stored.empty()) {
    std::memcpy(memory.get(), stored.data(), stored.size());
  }
  const std::string_view bytes(memory.get(), entry.raw_bytes);
  return PageBytes{std::move(memory), bytes};
}

}  // namespace cordwood::segment::pages
