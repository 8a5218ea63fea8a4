// Both executors through one suite, then what only one of them does.
#include "base/executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "base/sim_executor.h"
#include "base/sync.h"
#include "base/thread_executor.h"

namespace cordwood::base {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

using ExecutorFactory = std::function<std::unique_ptr<Executor>()>;

class ExecutorTest : public testing::TestWithParam<ExecutorFactory> {
 protected:
  const std::unique_ptr<Executor> owned_ = GetParam()();
  Executor& executor_ = *owned_;
};

Task<std::vector<int>> mixed(Executor* executor) {
  std::vector<int> steps = {1};
  co_await executor->yield();
  steps.push_back(2);
  const int from_blocking = co_await executor->blocking([&steps] { return static_cast<int>(steps.size()) + 1; });
  steps.push_back(from_blocking);
  co_await executor->blocking([&steps] { steps.push_back(4); });
  co_await executor->sleep_for(microseconds(10));
  co_await executor->schedule();
  steps.push_back(5);
  co_return steps;
}

TEST_P(ExecutorTest, AwaitsInOrder) {
  EXPECT_EQ(sync_wait(executor_, mixed(&executor_)), (std::vector<int>{1, 2, 3, 4, 5}));
}

Task<void> finish(Executor* executor, int* ended, Mutex* mutex, Event* all, int expected) {
  co_await executor->yield();
  bool last = false;
  {
    MutexLock lock(*mutex);
    last = ++*ended == expected;
  }
  if (last) all->set();
}
Task<void> wait_for_event(Event* event) {
  co_await event->wait();
}

TEST_P(ExecutorTest, SpawnedTasksRunWithoutBeingAwaited) {
  constexpr int kTasks = 200;
  int ended = 0;
  Mutex mutex;
  Event all(executor_);
  for (int i = 0; i < kTasks; ++i) executor_.spawn(finish(&executor_, &ended, &mutex, &all, kTasks));
  sync_wait(executor_, wait_for_event(&all));
  EXPECT_EQ(ended, kTasks);
}

Task<nanoseconds> measured_sleep(Executor* executor, nanoseconds delay) {
  const MonotonicNanos before = executor->clock().monotonic();
  co_await executor->sleep_for(delay);
  co_return executor->clock().monotonic() - before;
}

TEST_P(ExecutorTest, SleepsAtLeastAsLongAsAsked) {
  EXPECT_GE(sync_wait(executor_, measured_sleep(&executor_, milliseconds(5))), milliseconds(5));
  EXPECT_GE(sync_wait(executor_, measured_sleep(&executor_, milliseconds(0))), milliseconds(0));
  EXPECT_GE(sync_wait(executor_, measured_sleep(&executor_, milliseconds(-5))), milliseconds(0));
}

Task<void> sleep_and_note(Executor* executor, nanoseconds delay, int name, std::vector<int>* order, Mutex* mutex) {
  co_await executor->sleep_for(delay);
  MutexLock lock(*mutex);
  order->push_back(name);
}
Task<void> join(TaskGroup* group) {
  co_await group->join();
}

TEST_P(ExecutorTest, ShorterTimersGoFirst) {
  std::vector<int> order;
  Mutex mutex;
  TaskGroup group(executor_);
  group.spawn(sleep_and_note(&executor_, milliseconds(60), 3, &order, &mutex));
  group.spawn(sleep_and_note(&executor_, milliseconds(1), 1, &order, &mutex));
  group.spawn(sleep_and_note(&executor_, milliseconds(30), 2, &order, &mutex));
  sync_wait(executor_, join(&group));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_P(ExecutorTest, ATimerThatIsNeverDueHarmsNobody) {
  executor_.post_after(nanoseconds::max(), [] { ADD_FAILURE() << "ran"; });
  EXPECT_GE(sync_wait(executor_, measured_sleep(&executor_, milliseconds(2))), milliseconds(2));
}

INSTANTIATE_TEST_SUITE_P(Threads, ExecutorTest, testing::Values([] { return std::make_unique<ThreadExecutor>(); }));
INSTANTIATE_TEST_SUITE_P(OneThread, ExecutorTest, testing::Values([] {
                           return std::make_unique<ThreadExecutor>(
                               ThreadExecutorOptions{.threads = 1, .blocking_threads = 1});
                         }));
INSTANTIATE_TEST_SUITE_P(Sim, ExecutorTest, testing::Values([] { return std::make_unique<SimExecutor>(9); }));

// --- threads ---------------------------------------------------------------------------------------------------------

Task<std::thread::id> blocking_thread(Executor* executor) {
  const std::thread::id id = co_await executor->blocking([] { return std::this_thread::get_id(); });
  co_return id;
}
Task<std::thread::id> worker_thread(Executor* executor) {
  co_await executor->schedule();
  co_return std::this_thread::get_id();
}

TEST(ThreadExecutorTest, BlockingWorkHasItsOwnThreads) {
  ThreadExecutor executor({.threads = 1, .blocking_threads = 1});
  const auto worker = sync_wait(executor, worker_thread(&executor));
  EXPECT_NE(worker, std::this_thread::get_id());
  EXPECT_NE(sync_wait(executor, blocking_thread(&executor)), worker);
  EXPECT_EQ(sync_wait(executor, worker_thread(&executor)), worker);
}

TEST(ThreadExecutorTest, TheTimeScaleShortensTimersOnly) {
  ThreadExecutor executor({.threads = 1, .blocking_threads = 1, .time_scale = 1e6});
  // An hour takes 3.6 ms; this test's own time limit is what would catch a scale that is ignored.
  EXPECT_GE(sync_wait(executor, measured_sleep(&executor, hours(1))), microseconds(3600));
  executor.post_after(nanoseconds::max(), [] {});
  ThreadExecutor slow({.threads = 1, .blocking_threads = 1, .time_scale = 0.5});
  slow.post_after(nanoseconds::max(), [] { ADD_FAILURE() << "ran"; });
  EXPECT_GE(sync_wait(slow, measured_sleep(&slow, milliseconds(2))), milliseconds(4));
}

TEST(ThreadExecutorTest, PiecesThatPostWhileItStopsAreDropped) {
  for (int i = 0; i < 200; ++i) {
    std::atomic<bool> go{false};
    auto executor = std::make_unique<ThreadExecutor>(ThreadExecutorOptions{.threads = 2, .blocking_threads = 1});
    Executor* target = executor.get();
    for (int k = 0; k < 4; ++k) {
      executor->post([target, &go] {
        go.wait(false);
        target->post_blocking([target] { target->post([] {}); });
        target->post([] {});
      });
    }
    go = true;
    go.notify_all();
    executor.reset();
  }
}

TEST(TimeScaleTest, ComesFromTheEnvironmentIfItIsANumberAboveZero) {
  const auto with = [](const char* text) {
    ::setenv("CORDWOOD_TEST_TIME_SCALE", text, 1);
    const double scale = time_scale_from_environment();
    ::unsetenv("CORDWOOD_TEST_TIME_SCALE");
    return scale;
  };
  EXPECT_EQ(time_scale_from_environment(), 1.0);
  EXPECT_EQ(with("20"), 20.0);
  EXPECT_EQ(with("0"), 1.0);
  EXPECT_EQ(with("-3"), 1.0);
  EXPECT_EQ(with("fast"), 1.0);
}

// --- simulation ------------------------------------------------------------------------------------------------------

TEST(SimExecutorTest, AYearOfSleepTakesNoTimeAndIsExact) {
  SimExecutor executor(1);
  EXPECT_EQ(sync_wait(executor, measured_sleep(&executor, hours(24 * 365))), nanoseconds(hours(24 * 365)));
}

std::vector<int> order_with_seed(std::uint64_t seed) {
  SimExecutor executor(seed);
  std::vector<int> order;
  for (int i = 0; i < 10; ++i) executor.post([&order, i] { order.push_back(i); });
  executor.run_for(nanoseconds(0));
  return order;
}

TEST(SimExecutorTest, TheSeedDecidesTheOrderOfReadyWork) {
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(order_with_seed(seed), order_with_seed(seed));
    orders.insert(order_with_seed(seed));
  }
  EXPECT_GT(orders.size(), 15U);
}

TEST(SimExecutorTest, RunForRunsWhatIsDueAndMovesTheClock) {
  SimExecutor executor(1);
  const MonotonicNanos start = executor.clock().monotonic();
  int ran = 0;
  executor.post_after(seconds(1), [&] { ++ran; });
  executor.post_after(seconds(2), [&] {
    ++ran;
    executor.post_after(seconds(1), [&] { ++ran; });
  });
  executor.run_for(seconds(2));
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(executor.clock().monotonic() - start, nanoseconds(seconds(2)));
  executor.run_for(seconds(10));
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(executor.clock().monotonic() - start, nanoseconds(seconds(12)));
}

TEST(SimExecutorTest, AJumpOfTheWallClockMovesNoTimer) {
  SimExecutor executor(1);
  const UnixNanos before = executor.clock().now();
  bool ran = false;
  executor.post_after(minutes(1), [&] { ran = true; });
  executor.jump_wall_clock(-hours(2));
  EXPECT_EQ(executor.clock().now() - before, nanoseconds(-hours(2)));
  executor.run_for(minutes(1));
  EXPECT_TRUE(ran);
}

TEST(SimExecutorDeathTest, WaitingForNothingIsReported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        SimExecutor executor(1);
        Event never(executor);
        sync_wait(executor, wait_for_event(&never));
      },
      "simulation deadlock");
}

}  // namespace
}  // namespace cordwood::base
