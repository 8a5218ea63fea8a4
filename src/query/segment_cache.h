// Opens the catalog's parts as segments of the object store, and keeps what was used last: footers (streams, block
// index) of open segments and decoded blocks. Everything read is checked by the segment's reader.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "base/status.h"
#include "base/task.h"
#include "catalog/catalog.h"
#include "objectstore/object_store.h"
#include "query/part_provider.h"
#include "segment/part.h"

namespace cordwood::query {

struct SegmentCacheOptions {
  // Footers of open segments with templates and directories, which are counted even before they are read. A segment
  // that is in use stays open beyond it.
  std::size_t footer_bytes_max = 32 << 20;
  // Decoded blocks, which answer a repeated query without reading and decompressing.
  std::size_t block_bytes_max = 64 << 20;
};

// Thread-safe. Parts keep the cache's state alive, but `executor` and `store` must outlive cache and parts.
class SegmentCache {
 public:
  SegmentCache(base::Executor& executor, objectstore::ObjectStore& store, SegmentCacheOptions options = {});

  // The segment of a part; opened once however many ask for it at a time. Errors of the store and of open_segment
  // (DataLoss for a damaged one) are not remembered.
  base::Task<base::StatusOr<std::shared_ptr<const segment::Part>>> open(catalog::PartRow row);

  // All segments of a snapshot, several at once. Damaged and missing ones are named in `unreadable`; other errors (the
  // store is away) end it.
  base::Task<base::StatusOr<PartSet>> open_all(std::vector<catalog::PartRow> rows);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cordwood::query
