#include "segment/v1/open.h"

#include <utility>

#include "segment/format.h"
#include "segment/v1/stored_part.h"

namespace cordwood::segment::v1 {
namespace {

// Where the bytes of a part of the object are.
struct Window {
  std::uint64_t offset = 0;
  std::string_view bytes;

  bool holds(std::uint64_t at) const { return at >= offset; }
  std::string_view at(std::uint64_t where, std::uint64_t length) const { return bytes.substr(where - offset, length); }
};

base::StatusOr<PageBytes> open_table(const Tables& tables, TableKind kind, const Window& window,
                                     std::string_view object) {
  PagePlace place{object, std::string(kTableNames[static_cast<std::size_t>(kind)]), tables.tables_offset};
  for (std::size_t i = 0; i < static_cast<std::size_t>(kind); ++i) {
    place.offset += tables.footer.tables[i].stored_bytes;
  }
  const PageEntry& entry = tables.footer.tables[static_cast<std::size_t>(kind)];
  return open_page(entry, window.at(place.offset, entry.stored_bytes), place);
}

base::Status decode_tables(const Window& window, std::string_view object, Tables& tables) {
  const auto annotated = [&](const base::Status& status) {
    return base::annotate(status, fmt::format("segment={}", object));
  };
  const Summary& summary = tables.footer.summary;
  ASSIGN_OR_RETURN(const PageBytes streams, open_table(tables, TableKind::kStreams, window, object));
  base::StatusOr<std::vector<PartStream>> read = read_streams(streams.bytes, summary);
  if (!read.ok()) return annotated(read.status());
  tables.streams = *std::move(read);

  ASSIGN_OR_RETURN(const PageBytes sources, open_table(tables, TableKind::kSources, window, object));
  base::StatusOr<std::vector<RowSource>> rows = read_sources(sources.bytes);
  if (!rows.ok()) return annotated(rows.status());
  tables.sources = *std::move(rows);

  ASSIGN_OR_RETURN(const PageBytes blocks, open_table(tables, TableKind::kBlocks, window, object));
  base::StatusOr<std::vector<BlockEntry>> index =
      read_blocks(blocks.bytes, summary, tables.tables_offset, tables.streams.size());
  if (!index.ok()) return annotated(index.status());
  tables.blocks = *std::move(index);
  return base::ok_status();
}

}  // namespace

base::Task<base::StatusOr<Tables>> read_tables(std::shared_ptr<ByteSource> source, Trailer trailer, std::string tail) {
  Tables tables;
  const std::uint64_t size = trailer.segment_bytes;
  tables.footer_offset = size - kTrailerBytes - trailer.footer_bytes;
  Window window{size - tail.size(), tail};
  base::StatusOr<Footer> footer =
      read_footer(window.at(tables.footer_offset, trailer.footer_bytes), source->name(), tables.footer_offset);
  if (!footer.ok()) co_return footer.status();
  tables.footer = *std::move(footer);
  const std::uint64_t table_bytes = tables.footer.table_bytes();
  if (table_bytes > tables.footer_offset - kHeaderMagic.size()) {
    co_return base::data_loss_error("segment={} section=footer offset={}: tables wanted=at most {} bytes, found={}",
                                    source->name(), tables.footer_offset, tables.footer_offset - kHeaderMagic.size(),
                                    table_bytes);
  }
  tables.tables_offset = tables.footer_offset - table_bytes;
  std::string fetched;
  if (!window.holds(tables.tables_offset)) {
    std::string section = "tables";
    base::StatusOr<std::string> read =
        co_await read_exactly(source, tables.tables_offset, table_bytes, std::move(section));
    if (!read.ok()) co_return read.status();
    fetched = *std::move(read);
    window = {tables.tables_offset, fetched};
  }
  base::Status status = decode_tables(window, source->name(), tables);
  if (!status.ok()) co_return status;
  co_return tables;
}

base::Task<base::StatusOr<std::shared_ptr<const Part>>> open(std::shared_ptr<ByteSource> source, Trailer trailer,
                                                             std::string tail) {
  base::StatusOr<Tables> tables = co_await read_tables(source, trailer, std::move(tail));
  if (!tables.ok()) co_return tables.status();
  std::shared_ptr<const Part> part = std::make_shared<StoredPart>(std::move(source), *std::move(tables));
  co_return part;
}

}  // namespace cordwood::segment::v1
