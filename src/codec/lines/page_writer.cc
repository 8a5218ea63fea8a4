#include "codec/lines/page_writer.h"

#include "base/hash.h"
#include "codec/zstd.h"

namespace cordwood::codec::lines {

namespace {

constexpr std::size_t kPooledBytesMax = 2'048;
constexpr std::size_t kPoolBytes = 256u << 10;

}  // namespace

StreamEntry PageWriter::add(std::string_view stream) {
  StreamEntry entry;
  entry.raw_bytes = stream.size();
  if (stream.size() > kPooledBytesMax && pages_.size() < kPagesMax / 2) {
    entry.page = static_cast<std::uint32_t>(pages_.size());
    pages_.emplace_back();
    stored_.emplace_back();
    close(entry.page, stream);
    return entry;
  }
  if (pool_.size() + stream.size() > kPoolBytes) {
    close(pool_page_, pool_);
    pool_.clear();
  }
  if (pool_.empty()) {
    pool_page_ = pages_.size();
    pages_.emplace_back();
    stored_.emplace_back();
  }
  entry.page = static_cast<std::uint32_t>(pool_page_);
  pool_.append(stream);
  return entry;
}

void PageWriter::close(std::size_t page, std::string_view raw) {
  std::string& stored = stored_[page];
  compressor_.append_frame(raw, stored);
  PageEntry& entry = pages_[page];
  entry.encoding = kZstd;
  entry.raw_bytes = raw.size();
  if (stored.size() >= raw.size()) {
    stored = raw;
    entry.encoding = kPlain;
  }
  entry.stored_bytes = stored.size();
  entry.hash = base::hash64(stored);
}

std::vector<PageEntry> PageWriter::finish(std::string& out) {
  if (!pool_.empty()) close(pool_page_, pool_);
  pool_.clear();
  for (const std::string& stored : stored_) out.append(stored);
  stored_.clear();
  return std::exchange(pages_, {});
}

}  // namespace cordwood::codec::lines
