#include "exec/row_runs.h"

#include <algorithm>

namespace cordwood::exec {

namespace {

// Gives the pieces of [begin, end) that are not hidden. Asked for ascending ranges.
class ShownRows {
 public:
  explicit ShownRows(const std::vector<segment::RowRange>& hidden) : next_(hidden.begin()), end_(hidden.end()) {}

  // The first piece at or after `at`; empty when there is none before `end`.
  segment::RowRange piece(std::uint32_t at, std::uint32_t end) {
    while (next_ != end_ && next_->end <= at) ++next_;
    // A hidden range may go on in the next stream, so it stays until all of it is passed.
    while (next_ != end_ && next_->begin <= at) {
      if (next_->end >= end) return {end, end};
      at = next_->end;
      ++next_;
    }
    return {at, next_ == end_ ? end : std::min(end, next_->begin)};
  }

 private:
  std::vector<segment::RowRange>::const_iterator next_;
  const std::vector<segment::RowRange>::const_iterator end_;
};

}  // namespace

std::vector<RowRun> select_runs(const segment::BlockRows& rows, const std::vector<bool>& selected,
                                core::TimeRange range, std::uint32_t rows_max) {
  std::vector<RowRun> runs;
  ShownRows shown(rows.hidden);
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
      while (at < last) {
        const segment::RowRange piece = shown.piece(at, last);
        for (at = piece.begin; at < piece.end; at += std::min(rows_max, piece.end - at)) {
          runs.push_back({stream, at, at + std::min(rows_max, piece.end - at)});
        }
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
