#include "segment/v2/open.h"

#include <utility>

#include "segment/format.h"
#include "segment/v2/stored_part.h"

namespace cordwood::segment::v2 {

base::Task<base::StatusOr<Tables>> read_tables(std::shared_ptr<ByteSource> source, Trailer trailer,
                                               const std::string& tail) {
  Tables tables;
  tables.common.footer_offset = trailer.segment_bytes - kTrailerBytes - trailer.footer_bytes;
  const std::string_view footer =
      std::string_view(tail).substr(tail.size() - kTrailerBytes - trailer.footer_bytes, trailer.footer_bytes);
  CO_RETURN_IF_ERROR(read_footer(footer, source->name(), tables));
  base::StatusOr<std::string> bytes = co_await pages::fetch_tables(source, tables.common, tail);
  if (!bytes.ok()) co_return bytes.status();
  const auto read_blocks = [&tables](std::string_view index) -> base::Status {
    const pages::CommonTables& common = tables.common;
    ASSIGN_OR_RETURN(tables.index, read_index(index, common.summary, tables.rollup_offset(), common.streams.size()));
    return base::ok_status();
  };
  CO_RETURN_IF_ERROR(pages::decode_tables(source->name(), *bytes, tables.common, read_blocks));
  co_return tables;
}

base::Task<base::StatusOr<std::shared_ptr<const Part>>> open(std::shared_ptr<ByteSource> source, Trailer trailer,
                                                             std::string tail) {
  base::StatusOr<Tables> tables = co_await read_tables(source, trailer, tail);
  if (!tables.ok()) co_return tables.status();
  // Of a small segment the lines tables came with the footer.
  std::shared_ptr<const std::string> lines_tables;
  const pages::Window window{trailer.segment_bytes - tail.size(), tail};
  const BlockIndex& index = tables->index;
  if (window.holds(index.lines_tables_offset, index.lines_tables_bytes)) {
    lines_tables = std::make_shared<const std::string>(window.at(index.lines_tables_offset, index.lines_tables_bytes));
  }
  std::shared_ptr<const Part> part =
      std::make_shared<StoredPart>(std::move(source), *std::move(tables), std::move(lines_tables));
  co_return part;
}

}  // namespace cordwood::segment::v2
