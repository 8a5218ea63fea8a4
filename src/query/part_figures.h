// Rows and bytes of streams over time, from what is known without reading rows.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/task.h"
#include "core/time_range.h"
#include "query/look_around.h"
#include "segment/part.h"

namespace cordwood::query {

// Rows that lie somewhere in `times`. Fractions come from blocks that streams share.
struct Figure {
  std::uint32_t stream = 0;  // index into Part::streams()
  core::TimeSpan times;
  double rows = 0;
  double line_bytes = 0;

  // How much of it lies in [from, to], between 0 and 1, if it is spread evenly.
  double share_in(core::UnixNanos from, core::UnixNanos to) const;
};

struct PartRollup {
  std::shared_ptr<const segment::Part> part;
  std::shared_ptr<const segment::Rollup> rollup;  // null: the part has none, or it is not needed
};

// The parts that overlap the range, with their rollups: all of them, or (`edges` alone) only where a selected stream
// lies partly in the range. A rollup that cannot be read is left out: figures are then less exact.
base::Task<std::vector<PartRollup>> rollups_of(Parts parts, const AnySelector* selector, core::TimeRange range,
                                               bool edges);

// The selected streams of one part, split as finely as it tells: by minute where there is a rollup, else blocks of one
// stream where they lie and what is left evenly over the stream's time. A stream inside of the range is one figure when
// `whole_streams`. Times may reach out of the range.
std::vector<Figure> figures_of(const PartRollup& part, const AnySelector& selector, core::TimeRange range,
                               bool whole_streams);

}  // namespace cordwood::query
