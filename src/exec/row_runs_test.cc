#include "exec/row_runs.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace cordwood::exec {
namespace {

// Against the obvious: each row asked for itself.
TEST(RowRuns, LeaveOutHiddenRowsAlsoAcrossStreams) {
  std::mt19937_64 engine(1);
  const auto random = [&engine] { return static_cast<std::uint32_t>(engine() >> 32); };
  for (int round = 0; round < 3000; ++round) {
    segment::BlockRows rows;
    const std::uint32_t count = 1 + random() % 40;
    std::uint32_t stream = 0;
    std::int64_t time = 0;
    for (std::uint32_t row = 0; row < count; ++row) {
      if (random() % 6 == 0) {
        ++stream;
        time = 0;
      }
      time += static_cast<std::int64_t>(random() % 3);
      rows.streams.push_back(stream);
      rows.times.push_back({time});
    }
    std::set<std::uint32_t> hidden;
    for (std::uint32_t at = random() % 5; at < count;) {
      const std::uint32_t end = std::min<std::uint32_t>(count, at + 1 + random() % 9);
      rows.hidden.push_back({at, end});
      for (std::uint32_t row = at; row < end; ++row) hidden.insert(row);
      at = end + 1 + random() % 6;
    }
    std::vector<bool> selected;
    for (std::uint32_t s = 0; s <= stream; ++s) selected.push_back(random() % 4 != 0);
    const core::TimeRange range{{static_cast<std::int64_t>(random() % 4)},
                                {static_cast<std::int64_t>(3 + random() % 8)}};
    std::set<std::uint32_t> wanted;
    for (std::uint32_t row = 0; row < count; ++row) {
      if (selected[rows.streams[row]] && range.contains(rows.times[row]) && !hidden.contains(row)) wanted.insert(row);
    }
    std::set<std::uint32_t> found;
    for (const RowRun& run : select_runs(rows, selected, range, 1 + random() % 7)) {
      ASSERT_LT(run.begin, run.end);
      for (std::uint32_t row = run.begin; row < run.end; ++row) {
        EXPECT_EQ(rows.streams[row], run.stream);
        EXPECT_TRUE(found.insert(row).second);
      }
    }
    ASSERT_EQ(found, wanted) << "round " << round;
  }
}

}  // namespace
}  // namespace cordwood::exec
