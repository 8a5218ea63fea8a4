// The pages of a block: checked and decompressed when first read.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/lines/directory.h"

namespace cordwood::codec::lines {

class PageStore {
 public:
  // `pages` are Directory::pages; they and the table must outlive the store.
  PageStore(std::span<const PageEntry> pages, std::uint64_t page_bytes, const TemplateTable& table, std::string object)
      : pages_(pages), page_bytes_(page_bytes), table_(table), object_(std::move(object)), raw_(pages.size()) {}

  void set_bytes(std::string_view bytes) { bytes_ = bytes; }
  // Valid as long as the store and its bytes.
  base::StatusOr<std::string_view> stream(const StreamEntry& stream);
  std::size_t kept_bytes() const {
    std::size_t bytes = 0;
    for (const Page& page : raw_) bytes += page.decompressed.capacity();
    return bytes;
  }

 private:
  struct Page {
    bool ready = false;
    std::string decompressed;
    std::string_view raw;
  };
  base::Status read(std::uint32_t index);

  std::span<const PageEntry> pages_;
  std::uint64_t page_bytes_;
  const TemplateTable& table_;
  std::string object_;
  std::string_view bytes_;
  std::vector<Page> raw_;
};

}  // namespace cordwood::codec::lines
