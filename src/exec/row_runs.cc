#include "exec/row_runs.h"

#include <algorithm>

namespace cordwood::exec {

std::vector<RowRun> select_runs(const segment::BlockRows& rows, const std::vector<bool>& selected,
                                core::TimeRange range, std::uint32_t rows_max) {
  std::vector<RowRun> runs;
  const auto streams = rows.streams.begin();
  const auto times = rows.times.begin();
  std::size_t begin = 0;
  while (begin < rows.size()) {
    const std::uint32_t stream = rows.streams[begin];
    const auto stream_end = std::upper_bound(streams + static_cast<std::ptrdiff_t>(begin), rows.streams.end(), stream);
    const auto end = static_cast<std::size_t>(stream_end - streams);
    if (stream < selected.size() && selected[stream]) {
      const auto from = times + static_cast<std::ptrdiff_t>(begin);
      const auto to = times + static_cast<std::ptrdiff_t>(end);
      auto at = static_cast<std::uint32_t>(std::lower_bound(from, to, range.begin) - times);
      const auto last = static_cast<std::uint32_t>(std::lower_bound(from, to, range.end) - times);
      for (; at < last; at += std::min(rows_max, last - at)) {
        runs.push_back({stream, at, at + std::min(rows_max, last - at)});
      }
    }
    begin = end;
  }
  return runs;
}

bool may_hold(const segment::BlockInfo& block, const std::vector<bool>& selected, core::TimeRange range) {
  if (block.rows == 0 || !block.times.overlaps(range)) return false;
  for (std::uint32_t stream = block.first_stream; stream <= block.last_stream && stream < selected.size(); ++stream) {
    if (selected[stream]) return true;
  }
  return false;
}

core::RowPosition position_of(const segment::Part& part, const segment::BlockRows& rows, std::size_t row) {
  return {rows.times[row], part.streams()[rows.streams[row]].id, part.sources()[rows.sources[row]].generation,
          rows.offsets[row]};
}

}  // namespace cordwood::exec
