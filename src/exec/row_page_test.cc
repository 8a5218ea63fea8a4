#include "exec/row_page.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace cordwood::exec {
namespace {

core::Row row_at(std::int64_t time, std::uint64_t offset, std::size_t line_bytes = 0) {
  core::Row row;
  row.position = {{time}, {}, {}, offset};
  row.line = std::string(line_bytes, 'x');
  return row;
}

std::vector<core::RowPosition> positions(const std::vector<core::Row>& rows) {
  std::vector<core::RowPosition> result;
  for (const core::Row& row : rows) result.push_back(row.position);
  return result;
}

// Pages one after the other give all rows in order, whatever the order of arrival and the limits.
TEST(RowPageTest, PagesCoverAllRowsInOrder) {
  base::SeededRandom random(5);
  for (int round = 0; round < 200; ++round) {
    const auto direction = random.next() % 2 == 0 ? core::Direction::kForward : core::Direction::kBackward;
    std::vector<core::Row> rows;
    const std::size_t count = random.next() % 200;
    for (std::size_t i = 0; i < count; ++i) {
      rows.push_back(row_at(static_cast<std::int64_t>(random.next() % 20), i, random.next() % 300));
    }
    auto wanted = positions(rows);
    std::sort(wanted.begin(), wanted.end());
    if (direction == core::Direction::kBackward) std::reverse(wanted.begin(), wanted.end());
    const std::size_t rows_max = 1 + random.next() % 50;
    const std::size_t bytes_max = 1 + random.next() % 5000;
    std::vector<core::RowPosition> got;
    std::optional<core::RowPosition> after;
    bool more = true;
    while (more) {
      RowPage page(direction, rows_max, bytes_max, after);
      std::vector<core::Row> lot;
      for (const core::Row& row : rows) {
        if (!page.wants(row.position)) continue;
        ASSERT_TRUE(page.wants_any({row.position.time, row.position.time}));
        lot.push_back(row);
        if (random.next() % 4 != 0) continue;
        page.add(std::move(lot));
        lot.clear();
      }
      page.add(std::move(lot));
      RowPage::Result result = page.take();
      ASSERT_LE(result.rows.size(), rows_max);
      ASSERT_TRUE(!result.more || !result.rows.empty());
      for (const core::Row& row : result.rows) got.push_back(row.position);
      more = result.more;
      if (!result.rows.empty()) after = result.rows.back().position;
    }
    ASSERT_EQ(got, wanted);
  }
}

TEST(RowPageTest, KnowsWhichTimesItNoLongerWants) {
  RowPage page(core::Direction::kBackward, 2, 1 << 20, std::nullopt);
  std::vector<core::Row> rows;
  for (std::int64_t time = 1; time <= 10; ++time) rows.push_back(row_at(time, 0));
  page.add(std::move(rows));
  EXPECT_FALSE(page.wants_any({{1}, {8}}));
  EXPECT_TRUE(page.wants_any({{1}, {9}}));
  EXPECT_FALSE(page.wants({{8}, {}, {}, 0}));
  const RowPage::Result result = page.take();
  EXPECT_EQ(result.rows[0].position.time.value, 10);
  EXPECT_TRUE(result.more);
}

TEST(RowPageTest, OneRowLargerThanTheLimitIsStillGiven) {
  RowPage page(core::Direction::kForward, 10, 100, std::nullopt);
  page.add({row_at(1, 0, 1000)});
  page.add({row_at(2, 0, 1000)});
  RowPage::Result result = page.take();
  EXPECT_EQ(result.rows.size(), 1U);
  EXPECT_TRUE(result.more);
}

}  // namespace
}  // namespace cordwood::exec
