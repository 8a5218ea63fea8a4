#include "codec/lines/page_store.h"

#include "base/hash.h"
#include "codec/zstd.h"

namespace cordwood::codec::lines {

base::StatusOr<std::string_view> PageStore::stream(const StreamEntry& stream) {
  if (!raw_[stream.page].ready) RETURN_IF_ERROR(read(stream.page));
  return raw_[stream.page].raw.substr(stream.offset, stream.raw_bytes);
}

base::Status PageStore::read(std::uint32_t index) {
  const PageEntry& entry = pages_[index];
  if (bytes_.size() != page_bytes_) {
    return base::data_loss_error("{}: pages: wanted {} bytes, found {}", object_, page_bytes_, bytes_.size());
  }
  std::string_view stored = bytes_.substr(entry.offset, entry.stored_bytes);
  if (std::uint64_t found = base::hash64(stored); found != entry.hash) {
    return base::data_loss_error("{}: pages: page {} at offset {}: wanted hash {:016x}, found {:016x}", object_, index,
                                 entry.offset, entry.hash, found);
  }
  Page& page = raw_[index];
  page.raw = stored;
  if (entry.encoding != kPlain) {
    std::string_view shared;
    if (entry.encoding == kZstdShared) {
      ASSIGN_OR_RETURN(shared, table_.shared_text(object_));
    }
    page.decompressed.resize(entry.raw_bytes);
    if (base::Status status = zstd_decompress_exact(stored, page.decompressed, shared); !status.ok()) {
      return base::annotate(status, fmt::format("{}: pages: page {} at offset {}", object_, index, entry.offset));
    }
    page.raw = page.decompressed;
  }
  page.ready = true;
  return base::ok_status();
}

}  // namespace cordwood::codec::lines
