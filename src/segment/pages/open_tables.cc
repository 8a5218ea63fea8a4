#include "segment/pages/open_tables.h"

#include <utility>

#include "segment/format.h"

namespace cordwood::segment::pages {

base::Status place_tables(std::string_view object, CommonTables& tables) {
  const std::uint64_t bytes = stored_bytes(tables.entries);
  if (bytes > tables.footer_offset - kHeaderMagic.size()) {
    return base::data_loss_error("segment={} section=footer offset={}: tables wanted=at most {} bytes, found={}",
                                 object, tables.footer_offset, tables.footer_offset - kHeaderMagic.size(), bytes);
  }
  tables.tables_offset = tables.footer_offset - bytes;
  return base::ok_status();
}

base::Task<base::StatusOr<std::string>> fetch_tables(std::shared_ptr<ByteSource> source, const CommonTables& tables,
                                                     const std::string& tail) {
  const std::uint64_t bytes = tables.footer_offset - tables.tables_offset;
  const Window window{source->size() - tail.size(), tail};
  if (window.holds(tables.tables_offset, bytes)) co_return std::string(window.at(tables.tables_offset, bytes));
  std::string section = "tables";
  base::StatusOr<std::string> read = co_await read_exactly(source, tables.tables_offset, bytes, std::move(section));
  co_return read;
}

base::Status decode_tables(std::string_view object, std::string_view bytes, CommonTables& tables,
                           const std::function<base::Status(std::string_view)>& blocks) {
  PageBytes contents[kTables];
  std::uint64_t offset = tables.tables_offset;
  for (std::size_t i = 0; i < kTables; ++i) {
    const std::uint64_t stored = tables.entries[i].stored_bytes;
    const PagePlace place{object, std::string(kTableNames[i]), offset};
    ASSIGN_OR_RETURN(contents[i],
                     open_page(tables.entries[i], bytes.substr(offset - tables.tables_offset, stored), place));
    offset += stored;
  }
  const auto annotated = [&](const base::Status& status) {
    return base::annotate(status, fmt::format("segment={}", object));
  };
  auto streams = read_streams(contents[0].bytes, tables.summary);
  if (!streams.ok()) return annotated(streams.status());
  tables.streams = *std::move(streams);
  auto sources = read_sources(contents[1].bytes);
  if (!sources.ok()) return annotated(sources.status());
  tables.sources = *std::move(sources);
  const base::Status index = blocks(contents[2].bytes);
  return index.ok() ? index : annotated(index);
}

}  // namespace cordwood::segment::pages
