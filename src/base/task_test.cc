#include "base/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/sim_executor.h"
#include "base/sync.h"
#include "base/thread_executor.h"

namespace cordwood::base {
namespace {

Task<int> give(int value) {
  co_return value;
}
Task<std::unique_ptr<std::string>> give_owned(std::string text) {
  co_return std::make_unique<std::string>(std::move(text));
}
Task<void> add_to(int* sum, int value) {
  *sum += value;
  co_return;
}
Task<long> sum_of(long count) {
  long sum = 0;
  for (long i = 0; i < count; ++i) sum += co_await give(1);
  co_return sum;
}
Task<int> depth(int levels) {
  if (levels == 0) co_return 0;
  const int below = co_await depth(levels - 1);
  co_return below + 1;
}

TEST(TaskTest, GivesItsValue) {
  SimExecutor executor(1);
  EXPECT_EQ(sync_wait(executor, give(42)), 42);
  EXPECT_EQ(*sync_wait(executor, give_owned("moved")), "moved");
}

TEST(TaskTest, IsLazyAndNeedNotRun) {
  int sum = 0;
  {
    const Task<void> never = add_to(&sum, 1);
    Task<void> moved_over = add_to(&sum, 2);
    moved_over = add_to(&sum, 4);
  }
  EXPECT_EQ(sum, 0);
}

TEST(TaskTest, TasksThatDoNotSuspendTakeNoStack) {
  SimExecutor executor(1);
  EXPECT_EQ(sync_wait(executor, sum_of(1'000'000)), 1'000'000);
}

TEST(TaskTest, TasksNest) {
  SimExecutor executor(1);
  EXPECT_EQ(sync_wait(executor, depth(1000)), 1000);
}

// Counts how many copies of itself are alive.
struct Tracked {
  explicit Tracked(int* counter) : alive(counter) { ++*alive; }
  Tracked(Tracked&& other) noexcept : alive(std::exchange(other.alive, nullptr)) {}
  Tracked& operator=(Tracked&&) = delete;
  ~Tracked() {
    if (alive != nullptr) --*alive;
  }
  int* alive;
};
Task<Tracked> pass(Tracked tracked) {
  co_return std::move(tracked);
}
Task<int> alive_while_waiting(Executor* executor, int* alive) {
  Tracked first(alive);
  Tracked second = co_await pass(std::move(first));
  co_await executor->yield();
  co_return *second.alive;
}

TEST(TaskTest, ArgumentsAndResultsAreDestroyedOnce) {
  SimExecutor executor(1);
  int alive = 0;
  EXPECT_EQ(sync_wait(executor, alive_while_waiting(&executor, &alive)), 1);
  EXPECT_EQ(alive, 0);
}

Task<void> hold(Executor* executor, std::shared_ptr<int> held) {
  co_await executor->yield();
  ++*held;
}

// The arguments of a Task live as long as its frame; whoever waited must not find them alive.
TEST(TaskTest, SyncWaitEndsAfterTheArgumentsAreGone) {
  ThreadExecutor executor;
  for (int i = 0; i < 2000; ++i) {
    auto held = std::make_shared<int>(0);
    const std::weak_ptr<int> watch = held;
    sync_wait(executor, hold(&executor, std::move(held)));
    ASSERT_TRUE(watch.expired()) << i;
  }
}

Task<int> hop(Executor* executor, int value) {
  const int first = co_await executor->blocking([value] { return value + 1; });
  co_await executor->yield();
  const int second = co_await give(first);
  co_return second;
}
Task<int> hop_many(Executor* executor, int times) {
  int value = 0;
  for (int i = 0; i < times; ++i) {
    const int next = co_await hop(executor, value);
    value = next;
  }
  co_return value;
}

// The end of a Task on another thread races with the return of the call that started it.
TEST(TaskTest, EndsOnOtherThreads) {
  ThreadExecutor executor({.threads = 4, .blocking_threads = 2});
  std::vector<int> results(8);
  TaskGroup group(executor);
  struct Runner {
    static Task<void> run(Executor* executor, int* result) { *result = co_await hop_many(executor, 2000); }
    static Task<void> join(TaskGroup* group) { co_await group->join(); }
  };
  for (int& result : results) group.spawn(Runner::run(&executor, &result));
  sync_wait(executor, Runner::join(&group));
  for (const int result : results) EXPECT_EQ(result, 2000);
}

Task<int> await_twice(Task<int>* task) {
  const int first = co_await *task;
  const int second = co_await *task;
  co_return first + second;
}

TEST(TaskDeathTest, AwaitingTwiceIsABug) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        SimExecutor executor(1);
        Task<int> task = give(1);
        sync_wait(executor, await_twice(&task));
      },
      "BUG: .*a Task is awaited once");
}

}  // namespace
}  // namespace cordwood::base
