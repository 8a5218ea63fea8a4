#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>
#include <vector>

namespace cordwood::base {
namespace {

TEST(MemoryBudgetTest, RefusesWhatItDoesNotHaveAndSaysWhy) {
  MemoryBudget budget("queries", 100);
  auto first = budget.reserve(60);
  ASSERT_TRUE(first.ok());
  const auto refused = budget.reserve(41);
  EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(message_of(refused.status()),
            "memory budget of queries is spent: wanted_bytes=41 used_bytes=60 budget_bytes=100");
  EXPECT_TRUE(budget.reserve(40).ok());
  EXPECT_EQ(budget.used(), 60U);
  EXPECT_FALSE(budget.reserve(SIZE_MAX).ok());
  EXPECT_FALSE(first->grow(SIZE_MAX).ok());
  EXPECT_EQ(first->bytes(), 60U);
}

TEST(MemoryBudgetTest, ReservationsGrowShrinkMoveAndGiveBack) {
  MemoryBudget budget("x", 100);
  {
    MemoryReservation kept;
    {
      auto made = budget.reserve(10);
      ASSERT_TRUE(made->grow(20).ok());
      EXPECT_FALSE(made->grow(71).ok());
      made->shrink(5);
      EXPECT_EQ(made->bytes(), 25U);
      kept = std::move(*made);
      EXPECT_EQ(made->bytes(), 0U);
    }
    EXPECT_EQ(budget.used(), 25U);
    kept = *budget.reserve(7);
    EXPECT_EQ(budget.used(), 7U);
    kept.shrink(1000);
    EXPECT_EQ(kept.bytes(), 0U);
    MemoryReservation empty;
    EXPECT_FALSE(empty.grow(1).ok());
    empty.shrink(1);
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(MemoryBudgetTest, ThreadsNeverGetMoreThanThereIs) {
  MemoryBudget budget("x", 10);
  std::atomic<int> holders{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 2000; ++k) {
        const auto reserved = budget.reserve(5);
        if (!reserved.ok()) continue;
        const int now = ++holders;
        if (now > most) most = now;
        --holders;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most.load(), 2);
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace cordwood::base
