#include "exec/step_grid.h"

#include <gtest/gtest.h>

namespace cordwood::exec {
namespace {

TEST(StepGridTest, CountsPointsUpToTheEnd) {
  EXPECT_EQ(StepGrid::make({60}, {180}, nanoseconds(90)).count, 2U);
  EXPECT_EQ(StepGrid::make({60}, {60}, nanoseconds(0)).count, 1U);
  EXPECT_EQ(StepGrid::make({60}, {240}, nanoseconds(60)).at(3), UnixNanos{240});
  EXPECT_EQ(StepGrid::make({0}, UnixNanos::max(), nanoseconds(std::int64_t{1} << 62)).count, 2U);
}

// A time lies in window k exactly when its pane lies in the window's run.
void expect_panes_agree(StepGrid grid, std::int64_t range, std::int64_t offset) {
  const WindowPanes panes(grid, nanoseconds(range), nanoseconds(offset));
  PaneCursor cursor(panes);
  const std::int64_t from = grid.start.value - range - offset - 3;
  const std::int64_t to = grid.last().value - offset + 3;
  for (std::int64_t t = from; t <= to; ++t) {
    const std::size_t pane = panes.pane_of({t});
    ASSERT_EQ(cursor.pane_of({t}), pane) << t;
    bool in_any = false;
    for (std::size_t k = 0; k < grid.count; ++k) {
      const std::int64_t end = grid.at(k).value - offset;
      const bool inside = end - range < t && t <= end;
      in_any |= inside;
      const WindowPanes::Run run = panes.window(k);
      const bool in_run = pane != WindowPanes::kNoPane && run.first <= pane && pane <= run.last;
      ASSERT_EQ(inside, in_run) << "t=" << t << " k=" << k << " range=" << range << " step=" << grid.step.count();
      ASSERT_LT(run.last, panes.panes());
    }
    ASSERT_EQ(in_any, pane != WindowPanes::kNoPane) << "t=" << t;
    if (in_any) {
      ASSERT_TRUE(panes.times().contains({t}));
    }
  }
}

TEST(WindowPanesTest, AgreeWithTheDefinitionOfWindows) {
  for (const std::int64_t step : {1, 2, 3, 7}) {
    for (const std::int64_t range : {1, 2, 3, 5, 6, 7, 14, 20}) {
      for (const std::size_t count : {1U, 2U, 5U}) {
        for (const std::int64_t offset : {0, 4, -4}) {
          expect_panes_agree({{100}, nanoseconds(step), count}, range, offset);
        }
      }
    }
  }
}

TEST(WindowPanesTest, RunsNeverGoBack) {
  const WindowPanes panes({{1000}, nanoseconds(10), 20}, nanoseconds(35), nanoseconds(0));
  for (std::size_t k = 1; k < 20; ++k) {
    EXPECT_LE(panes.window(k - 1).first, panes.window(k).first);
    EXPECT_LE(panes.window(k - 1).last, panes.window(k).last);
  }
}

TEST(WindowPanesTest, TheEndsOfTimeDoNotOverflow) {
  const WindowPanes panes({UnixNanos::max(), nanoseconds(1), 1}, nanoseconds(5), nanoseconds(0));
  EXPECT_NE(panes.pane_of({UnixNanos::max().value - 1}), WindowPanes::kNoPane);
  const WindowPanes early({{UnixNanos::min().value + 3}, nanoseconds(1), 1}, nanoseconds(50), nanoseconds(0));
  EXPECT_NE(early.pane_of({UnixNanos::min().value + 2}), WindowPanes::kNoPane);
}

}  // namespace
}  // namespace cordwood::exec
