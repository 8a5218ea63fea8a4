#include "codec/lines/page_writer.h"

#include "base/hash.h"
#include "codec/zstd.h"

namespace cordwood::codec::lines {

namespace {

constexpr std::size_t kPooledBytesMax[] = {2'048, 512u << 10};
constexpr std::size_t kPoolBytes[] = {256u << 10, 4u << 20};

}  // namespace

StreamEntry PageWriter::add(std::string_view stream, Kin kin) {
  StreamEntry entry;
  entry.raw_bytes = stream.size();
  auto which = static_cast<std::size_t>(kin);
  if (stream.size() > kPooledBytesMax[which] && pages_.size() < kPagesMax / 2) {
    entry.page = static_cast<std::uint32_t>(pages_.size());
    pages_.emplace_back();
    stored_.emplace_back();
    close(entry.page, stream, kin);
    return entry;
  }
  Pool& pool = pools_[which];
  if (pool.raw.size() + stream.size() > kPoolBytes[which]) {
    close(pool.page, pool.raw, kin);
    pool.raw.clear();
  }
  if (pool.raw.empty()) {
    pool.page = pages_.size();
    pages_.emplace_back();
    stored_.emplace_back();
  }
  entry.page = static_cast<std::uint32_t>(pool.page);
  pool.raw.append(stream);
  return entry;
}

void PageWriter::close(std::size_t page, std::string_view raw, Kin kin) {
  std::string& stored = stored_[page];
  bool shared = kin == Kin::kText && !shared_text_.empty();
  compressor_.append_frame(raw, stored, shared ? shared_text_ : std::string_view());
  PageEntry& entry = pages_[page];
  entry.encoding = shared ? kZstdShared : kZstd;
  entry.raw_bytes = raw.size();
  if (stored.size() >= raw.size()) {
    stored = raw;
    entry.encoding = kPlain;
  }
  entry.stored_bytes = stored.size();
  entry.hash = base::hash64(stored);
}

std::vector<PageEntry> PageWriter::finish(std::string& out) {
  for (Kin kin : {Kin::kShort, Kin::kText}) {
    Pool& pool = pools_[static_cast<std::size_t>(kin)];
    if (!pool.raw.empty()) close(pool.page, pool.raw, kin);
    pool.raw.clear();
  }
  for (const std::string& stored : stored_) out.append(stored);
  stored_.clear();
  return std::exchange(pages_, {});
}

}  // namespace cordwood::codec::lines
