#include "agent/looks.h"

#include <gtest/gtest.h>

namespace cordwood::agent {
namespace {

TEST(Looks, TheLatestThatSawNoMore) {
  Looks looks;
  EXPECT_EQ(looks.latest(100).value, 0);
  looks.note({10}, 0);
  looks.note({20}, 50);
  looks.note({30}, 80);
  EXPECT_EQ(looks.latest(0).value, 10);
  EXPECT_EQ(looks.latest(49).value, 10);
  EXPECT_EQ(looks.latest(50).value, 20);
  EXPECT_EQ(looks.latest(1000).value, 30);
  EXPECT_EQ(looks.last().value, 30);
  looks.forget_before(60);
  EXPECT_EQ(looks.latest(49).value, 0);
  EXPECT_EQ(looks.latest(60).value, 20);
  // The tail was cut: less is there than before.
  looks.note({40}, 70);
  EXPECT_EQ(looks.latest(75).value, 40);
  looks.clamp({25});
  EXPECT_EQ(looks.latest(75).value, 25);
}

TEST(Looks, ALongWaitIsThinnedAndNeverLate) {
  Looks looks;
  for (std::int64_t t = 1; t <= 10'000; ++t) looks.note({t}, static_cast<std::uint64_t>(t));
  for (std::uint64_t end = 0; end <= 10'000; end += 7) {
    const std::int64_t latest = looks.latest(end).value;
    EXPECT_LE(latest, static_cast<std::int64_t>(end));
    if (end >= 1) {
      EXPECT_GE(latest, static_cast<std::int64_t>(end) - 400) << end;
    }
  }
}

}  // namespace
}  // namespace cordwood::agent
