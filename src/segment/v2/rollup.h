// Rows and bytes of each stream in each minute by level: docs/formats/segment.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "base/status.h"
#include "core/record.h"
#include "segment/part.h"

namespace cordwood::segment::v2 {

// Counts rows in the order of the segment. Memory: 32 bytes an entry.
class RollupBuilder {
 public:
  // `level` is the value of the row's detected_level, empty without one.
  void add(std::uint32_t stream, core::UnixNanos time, std::string_view level, std::uint64_t line_bytes);
  void append(std::string& out) const;

 private:
  std::uint32_t level_index(std::string_view level);

  Rollup rollup_{{""}, {}};
  base::StringMap<std::uint32_t> levels_;
  std::size_t minute_begin_ = 0;  // entries of the minute being filled
};

// DataLoss unless the sums of each stream are those of its entry in the stream table.
base::StatusOr<Rollup> read_rollup(std::string_view bytes, const std::vector<PartStream>& streams);

}  // namespace cordwood::segment::v2
