// A Part over rows held in memory: the slow, obvious twin of a stored segment, for tests of whatever reads parts.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/labels.h"
#include "core/record.h"
#include "segment/byte_sink.h"
#include "segment/part.h"
#include "segment/writer.h"

namespace cordwood::segment {

// A row that owns everything it consists of.
struct MemRow {
  core::SharedLabels labels;  // never null
  core::UnixNanos time;
  std::string line;
  RowSource source;
  std::uint64_t offset = 0;
  std::uint64_t line_number = 0;
  core::RecordFlags flags;
  std::vector<core::Label> metadata;  // in the order given; names may repeat
};
// The same content; labels are compared by value.
bool operator==(const MemRow& a, const MemRow& b);

// The order of rows in every part: stream labels, time, generation, offset. Stable.
void sort_rows(std::vector<MemRow>& rows);

// Sorts the rows; blocks have `block_rows` rows each, the last one fewer.
std::shared_ptr<const Part> make_mem_part(std::string name, std::vector<MemRow> rows,
                                          std::uint32_t block_rows = 64 << 10);

// Writes rows, which must be sorted, as a segment.
base::StatusOr<SegmentStats> write_rows(const std::vector<MemRow>& rows, ByteSink& sink, WriterOptions options);

// All rows of a part in its order.
base::Task<base::StatusOr<std::vector<MemRow>>> read_all_rows(std::shared_ptr<const Part> part);

}  // namespace cordwood::segment
