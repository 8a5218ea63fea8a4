#include "segment/v1/open.h"

#include <utility>

#include "segment/format.h"
#include "segment/v1/stored_part.h"

namespace cordwood::segment::v1 {

base::Task<base::StatusOr<Tables>> read_tables(std::shared_ptr<ByteSource> source, Trailer trailer, std::string tail) {
  Tables tables;
  tables.common.footer_offset = trailer.segment_bytes - kTrailerBytes - trailer.footer_bytes;
  const std::string_view footer =
      std::string_view(tail).substr(tail.size() - kTrailerBytes - trailer.footer_bytes, trailer.footer_bytes);
  CO_RETURN_IF_ERROR(read_footer(footer, source->name(), tables));
  base::StatusOr<std::string> bytes = co_await pages::fetch_tables(source, tables.common, tail);
  if (!bytes.ok()) co_return bytes.status();
  const auto read_index = [&tables](std::string_view index) -> base::Status {
    const pages::CommonTables& common = tables.common;
    ASSIGN_OR_RETURN(tables.blocks, read_blocks(index, common.summary, common.tables_offset, common.streams.size()));
    return base::ok_status();
  };
  CO_RETURN_IF_ERROR(pages::decode_tables(source->name(), *bytes, tables.common, read_index));
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
