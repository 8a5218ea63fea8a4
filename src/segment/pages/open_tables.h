// Fetches and decodes the tables at the end of a segment.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/task.h"
#include "segment/byte_source.h"
#include "segment/pages/ranges.h"
#include "segment/pages/tables.h"
#include "segment/part.h"

namespace cordwood::segment::pages {

// What every version's tables hold.
struct CommonTables {
  TableEntries entries;
  std::uint64_t footer_offset = 0;
  std::uint64_t tables_offset = 0;  // where the first table begins
  Summary summary;
  std::vector<PartStream> streams;
  std::vector<RowSource> sources;
};

// Fills tables_offset. `entries` and footer_offset are given; DataLoss when the tables do not fit before the footer.
base::Status place_tables(std::string_view object, CommonTables& tables);

// The bytes from tables_offset to the footer: from `tail` when they are in it, otherwise by one read.
base::Task<base::StatusOr<std::string>> fetch_tables(std::shared_ptr<ByteSource> source, const CommonTables& tables,
                                                     const std::string& tail);

// Decodes streams and sources, and hands the contents of the block index to `blocks`.
base::Status decode_tables(std::string_view object, std::string_view bytes, CommonTables& tables,
                           const std::function<base::Status(std::string_view)>& blocks);

}  // namespace cordwood::segment::pages
