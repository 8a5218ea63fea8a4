// Which segments to merge. Pure functions over the rows of one partition (tenant, day, retention class).
#pragma once

#include <cstdint>
#include <vector>

#include "catalog/catalog.h"

namespace cordwood::store {

struct CompactionLimits {
  std::uint64_t raw_bytes_max = 1 << 30;
  std::uint64_t stored_bytes_max = 96 << 20;
};

// Inputs of one merge are read a block each at a time: this bounds the memory.
inline constexpr std::size_t kMergeFanInMax = 8;

using Inputs = std::vector<catalog::PartRow>;

// Size-tiered: four segments of similar size (or eight small ones) are merged, so a byte is rewritten at most three
// times before its segment has its last size. Empty when nothing is worth it. `urgent`: only when there are so many
// that queries suffer.
Inputs plan_background(const std::vector<catalog::PartRow>& partition, const CompactionLimits& limits, bool urgent);

// As few and as well compressed segments as the limits allow: empty only when every segment has been compacted and no
// two neighbours in time fit into one. Repeated until empty, it ends: each step lowers the number of segments, or the
// number of those that are not compacted yet.
Inputs plan_full(std::vector<catalog::PartRow> partition, const CompactionLimits& limits);

}  // namespace cordwood::store
