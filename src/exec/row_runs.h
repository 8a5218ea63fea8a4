// The rows of a block that a query looks at, before it looks at their text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/query_runner.h"
#include "core/time_range.h"
#include "segment/part.h"

namespace cordwood::exec {

// Rows [begin, end) of one stream, sorted by time.
struct RowRun {
  std::uint32_t stream = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// `selected` by index of stream. In the order of the block; runs have at most `rows_max` rows, so that each is a short
// piece of work. Hidden rows are in none.
std::vector<RowRun> select_runs(const segment::BlockRows& rows, const std::vector<bool>& selected,
                                core::TimeRange range, std::uint32_t rows_max);

// Whether the block can hold a row of a selected stream.
bool may_hold(const segment::BlockInfo& block, const std::vector<bool>& selected, core::TimeRange range);

// The row's place; `rows` has its position columns.
core::RowPosition position_of(const segment::Part& part, const segment::BlockRows& rows, std::size_t row);

}  // namespace cordwood::exec
