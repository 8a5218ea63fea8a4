#include "base/sync.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/sim_executor.h"
#include "base/thread_executor.h"

namespace cordwood::base {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

using ExecutorFactory = std::function<std::unique_ptr<Executor>()>;

// Over several orders of the simulation, and over threads.
class SyncTest : public testing::TestWithParam<ExecutorFactory> {
 protected:
  const std::unique_ptr<Executor> owned_ = GetParam()();
  Executor& executor_ = *owned_;
};

std::vector<ExecutorFactory> executors() {
  std::vector<ExecutorFactory> factories = {
      [] { return std::make_unique<ThreadExecutor>(ThreadExecutorOptions{.threads = 4, .blocking_threads = 1}); }};
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    factories.push_back([seed] { return std::make_unique<SimExecutor>(seed); });
  }
  return factories;
}
INSTANTIATE_TEST_SUITE_P(Executors, SyncTest, testing::ValuesIn(executors()));

// What several Tasks write down.
class Notes {
 public:
  void add(int note) {
    MutexLock lock(mutex_);
    notes_.push_back(note);
  }
  std::vector<int> all() const {
    MutexLock lock(mutex_);
    return notes_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<int> notes_ GUARDED_BY(mutex_);
};

Task<void> join(TaskGroup* group) {
  co_await group->join();
}

// --- Event -----------------------------------------------------------------------------------------------------------

Task<void> wait_and_note(Event* event, Notes* notes, int note) {
  co_await event->wait();
  notes->add(note);
}
Task<void> set_later(Executor* executor, Event* event, nanoseconds delay) {
  co_await executor->sleep_for(delay);
  event->set();
}
Task<bool> wait_limited(Event* event, nanoseconds timeout) {
  const bool set = co_await event->wait_for(timeout);
  co_return set;
}

TEST_P(SyncTest, AnEventWakesAllWhoWaitAndStaysSet) {
  Event event(executor_);
  Notes notes;
  TaskGroup group(executor_);
  for (int i = 0; i < 5; ++i) group.spawn(wait_and_note(&event, &notes, i));
  group.spawn(set_later(&executor_, &event, milliseconds(1)));
  sync_wait(executor_, join(&group));
  EXPECT_EQ(notes.all().size(), 5U);
  EXPECT_TRUE(event.is_set());
  group.spawn(wait_and_note(&event, &notes, 5));
  sync_wait(executor_, join(&group));
  event.reset();
  EXPECT_FALSE(event.is_set());
  EXPECT_FALSE(sync_wait(executor_, wait_limited(&event, microseconds(100))));
}

TEST_P(SyncTest, WaitForTellsSetFromTimedOut) {
  Event event(executor_);
  EXPECT_FALSE(sync_wait(executor_, wait_limited(&event, milliseconds(1))));
  EXPECT_FALSE(sync_wait(executor_, wait_limited(&event, nanoseconds(0))));
  TaskGroup group(executor_);
  group.spawn(set_later(&executor_, &event, milliseconds(1)));
  EXPECT_TRUE(sync_wait(executor_, wait_limited(&event, hours(1))));
  EXPECT_TRUE(sync_wait(executor_, wait_limited(&event, nanoseconds(0))));
  sync_wait(executor_, join(&group));
}

TEST_P(SyncTest, AnEventMayGoBeforeTheTimersOfItsWaiters) {
  {
    Event event(executor_);
    TaskGroup group(executor_);
    group.spawn(set_later(&executor_, &event, nanoseconds(0)));
    EXPECT_TRUE(sync_wait(executor_, wait_limited(&event, milliseconds(2))));
    sync_wait(executor_, join(&group));
  }
  Event other(executor_);
  EXPECT_FALSE(sync_wait(executor_, wait_limited(&other, milliseconds(4))));
}

Task<void> race_once(Executor* executor, Random* random, Notes* notes) {
  Event event(*executor);
  TaskGroup group(*executor);
  group.spawn(set_later(executor, &event, microseconds(random->next() % 60)));
  const bool set = co_await event.wait_for(microseconds(30));
  // Woken exactly once, or this would be noted twice.
  notes->add(set ? 1 : 0);
  EXPECT_TRUE(!set || event.is_set());
  co_await group.join();
}

TEST_P(SyncTest, SettingRacesWithTimingOut) {
  SeededRandom random(7);
  Notes notes;
  TaskGroup group(executor_);
  for (int i = 0; i < 1000; ++i) group.spawn(race_once(&executor_, &random, &notes));
  sync_wait(executor_, join(&group));
  EXPECT_EQ(notes.all().size(), 1000U);
}

// --- Semaphore -------------------------------------------------------------------------------------------------------

Task<void> hold_permits(Executor* executor, Semaphore* semaphore, std::size_t permits, std::atomic<std::size_t>* held,
                        std::atomic<std::size_t>* most) {
  co_await semaphore->acquire(permits);
  const std::size_t now = held->fetch_add(permits) + permits;
  std::size_t seen = most->load();
  while (now > seen && !most->compare_exchange_weak(seen, now)) {
  }
  co_await executor->yield();
  held->fetch_sub(permits);
  semaphore->release(permits);
}

TEST_P(SyncTest, ASemaphoreNeverGivesMoreThanItHas) {
  Semaphore semaphore(executor_, 5);
  std::atomic<std::size_t> held{0};
  std::atomic<std::size_t> most{0};
  TaskGroup group(executor_);
  for (std::size_t i = 0; i < 300; ++i) group.spawn(hold_permits(&executor_, &semaphore, 1 + i % 4, &held, &most));
  sync_wait(executor_, join(&group));
  EXPECT_LE(most.load(), 5U);
  EXPECT_GE(most.load(), 4U);
  EXPECT_TRUE(semaphore.try_acquire(5));
  EXPECT_FALSE(semaphore.try_acquire(1));
}

Task<void> acquire_and_note(Semaphore* semaphore, std::size_t permits, Notes* notes, int note) {
  co_await semaphore->acquire(permits);
  notes->add(note);
}

TEST(SemaphoreTest, WaitersAreServedInOrderOfArrivalWhateverTheyWant) {
  SimExecutor executor(3);
  Semaphore semaphore(executor, 4);
  ASSERT_TRUE(semaphore.try_acquire(4));
  Notes notes;
  TaskGroup group(executor);
  const std::size_t wanted[] = {3, 1, 4, 1};
  for (int i = 0; i < 4; ++i) {
    group.spawn(acquire_and_note(&semaphore, wanted[i], &notes, i));
    executor.run_for(nanoseconds(1));  // so that they arrive in this order
  }
  semaphore.release(2);
  executor.run_for(nanoseconds(1));
  // Two are free and the second wants only one, but it does not overtake; nor does somebody new.
  EXPECT_EQ(notes.all(), (std::vector<int>{}));
  EXPECT_FALSE(semaphore.try_acquire(1));
  semaphore.release(2);
  executor.run_for(nanoseconds(1));
  EXPECT_EQ(notes.all().size(), 2U);
  semaphore.release(4);
  executor.run_for(nanoseconds(1));
  EXPECT_EQ(notes.all().size(), 3U);
  EXPECT_EQ(notes.all()[2], 2);
  semaphore.release(4);
  sync_wait(executor, join(&group));
  EXPECT_EQ(notes.all()[3], 3);
}

TEST(SemaphoreTest, MoreThanAllIsAll) {
  SimExecutor executor(1);
  Semaphore semaphore(executor, 3);
  Notes notes;
  TaskGroup group(executor);
  group.spawn(acquire_and_note(&semaphore, 100, &notes, 1));
  sync_wait(executor, join(&group));
  EXPECT_FALSE(semaphore.try_acquire(1));
  semaphore.release(100);
  EXPECT_TRUE(semaphore.try_acquire(100));
  semaphore.release(100);
  EXPECT_TRUE(semaphore.try_acquire(3));
  EXPECT_FALSE(semaphore.try_acquire(1));
}

// --- Channel ---------------------------------------------------------------------------------------------------------

Task<void> push_range(Channel<int>* channel, int begin, int end) {
  for (int i = begin; i < end; ++i) {
    const bool pushed = co_await channel->push(i);
    EXPECT_TRUE(pushed);
  }
}
Task<void> pop_all(Channel<int>* channel, Notes* notes) {
  while (true) {
    const std::optional<int> item = co_await channel->pop();
    if (!item.has_value()) co_return;
    notes->add(*item);
  }
}
Task<void> join_and_close(TaskGroup* pushers, Channel<int>* channel) {
  co_await pushers->join();
  channel->close();
}

Task<void> close_later(Executor* executor, Channel<int>* channel) {
  co_await executor->sleep_for(milliseconds(1));
  channel->close();
}

TEST_P(SyncTest, AChannelMovesEachItemOnce) {
  Channel<int> channel(executor_, 3);
  Notes notes;
  TaskGroup pushers(executor_);
  TaskGroup poppers(executor_);
  for (int i = 0; i < 4; ++i) pushers.spawn(push_range(&channel, i * 100, i * 100 + 100));
  for (int i = 0; i < 3; ++i) poppers.spawn(pop_all(&channel, &notes));
  sync_wait(executor_, join_and_close(&pushers, &channel));
  sync_wait(executor_, join(&poppers));
  std::vector<int> all = notes.all();
  std::sort(all.begin(), all.end());
  std::vector<int> expected(400);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

TEST_P(SyncTest, OnePusherAndOnePopperKeepTheOrder) {
  Channel<int> channel(executor_, 2);
  Notes notes;
  TaskGroup pushers(executor_);
  TaskGroup poppers(executor_);
  pushers.spawn(push_range(&channel, 0, 200));
  poppers.spawn(pop_all(&channel, &notes));
  sync_wait(executor_, join_and_close(&pushers, &channel));
  sync_wait(executor_, join(&poppers));
  const std::vector<int> all = notes.all();
  EXPECT_EQ(all.size(), 200U);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
}

Task<void> push_and_note(Channel<int>* channel, int item, Notes* notes) {
  const bool pushed = co_await channel->push(item);
  notes->add(pushed ? 1 : 0);
}

TEST(ChannelTest, AFullChannelHoldsPushersBackUntilSomethingIsTaken) {
  SimExecutor executor(1);
  Channel<int> channel(executor, 2);
  int item = 1;
  EXPECT_TRUE(channel.try_push(item));
  EXPECT_TRUE(channel.try_push(item));
  EXPECT_FALSE(channel.try_push(item));
  Notes notes;
  TaskGroup group(executor);
  group.spawn(push_and_note(&channel, 3, &notes));
  executor.run_for(milliseconds(1));
  EXPECT_TRUE(notes.all().empty());
  EXPECT_EQ(channel.try_pop(), 1);
  executor.run_for(milliseconds(1));
  EXPECT_EQ(notes.all(), std::vector<int>{1});
  EXPECT_EQ(channel.try_pop(), 1);
  EXPECT_EQ(channel.try_pop(), 3);
  EXPECT_EQ(channel.try_pop(), std::nullopt);
}

TEST_P(SyncTest, ClosingEndsPushersAndLetsPoppersDrain) {
  Channel<int> channel(executor_, 2);
  int item = 7;
  ASSERT_TRUE(channel.try_push(item));
  ASSERT_TRUE(channel.try_push(item));
  Notes pushed;
  TaskGroup pushers(executor_);
  for (int i = 0; i < 6; ++i) pushers.spawn(push_and_note(&channel, i, &pushed));
  sync_wait(executor_, close_later(&executor_, &channel));
  channel.close();
  sync_wait(executor_, join(&pushers));
  EXPECT_EQ(pushed.all(), (std::vector<int>{0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(channel.try_push(item));
  Notes popped;
  TaskGroup poppers(executor_);
  for (int i = 0; i < 3; ++i) poppers.spawn(pop_all(&channel, &popped));
  sync_wait(executor_, join(&poppers));
  EXPECT_EQ(popped.all(), (std::vector<int>{7, 7}));
}

TEST_P(SyncTest, ClosingWakesPoppersThatWait) {
  Channel<int> channel(executor_, 1);
  Notes notes;
  TaskGroup group(executor_);
  for (int i = 0; i < 3; ++i) group.spawn(pop_all(&channel, &notes));
  group.spawn(close_later(&executor_, &channel));
  sync_wait(executor_, join(&group));
  EXPECT_TRUE(notes.all().empty());
}

// --- TaskGroup -------------------------------------------------------------------------------------------------------

Task<void> yield_times(Executor* executor, int times, std::shared_ptr<int> /*held*/) {
  for (int i = 0; i < times; ++i) co_await executor->yield();
}

Task<void> group_in_a_frame(Executor* executor, int tasks) {
  for (int round = 0; round < 200; ++round) {
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = held;
    {
      TaskGroup group(*executor);
      for (int i = 0; i < tasks; ++i) group.spawn(yield_times(executor, i, held));
      held.reset();
      co_await group.join();
      EXPECT_EQ(group.running(), 0U);
      // Tasks and their arguments are gone before join() ends, and nothing of them touches the group afterwards.
      EXPECT_TRUE(watch.expired());
    }
  }
}

TEST_P(SyncTest, AGroupMayGoAsSoonAsJoinEnds) {
  TaskGroup outer(executor_);
  for (int i = 0; i < 4; ++i) outer.spawn(group_in_a_frame(&executor_, i));
  sync_wait(executor_, join(&outer));
}

Task<void> spawn_more(TaskGroup* group, Executor* executor, int levels, std::atomic<int>* ran) {
  ran->fetch_add(1);
  co_await executor->yield();
  if (levels == 0) co_return;
  group->spawn(spawn_more(group, executor, levels - 1, ran));
  group->spawn(spawn_more(group, executor, levels - 1, ran));
}

TEST_P(SyncTest, TasksOfAGroupMaySpawnIntoIt) {
  std::atomic<int> ran{0};
  TaskGroup group(executor_);
  group.spawn(spawn_more(&group, &executor_, 7, &ran));
  sync_wait(executor_, join(&group));
  EXPECT_EQ(ran.load(), 255);
}

TEST(TaskGroupTest, AnEmptyGroupIsJoinedAtOnce) {
  SimExecutor executor(1);
  TaskGroup group(executor);
  sync_wait(executor, join(&group));
}

TEST(CancelTokenTest, CopiesShareTheFlag) {
  CancelToken token;
  const CancelToken copy = token;
  EXPECT_FALSE(copy.cancelled());
  token.cancel();
  EXPECT_TRUE(copy.cancelled());
  EXPECT_FALSE(CancelToken().cancelled());
}

}  // namespace
}  // namespace cordwood::base
