// What Tasks wait on: Event, Semaphore, Channel, TaskGroup. All are thread-safe; a waiter is resumed by being posted to
// the executor, never inside the call that woke it. All must outlive their waiters.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/task.h"

namespace cordwood::base {

// A flag that is set once (or reset by hand) and wakes all who wait for it.
class Event {
 public:
  explicit Event(Executor& executor) : executor_(executor) {}

  void set();
  void reset();
  bool is_set() const;

  auto wait() { return WaitAwaiter{*this, nullptr}; }
  // True when set, false when `timeout` passed first.
  Task<bool> wait_for(nanoseconds timeout);

 private:
  struct Waiter {
    std::coroutine_handle<> handle;
    bool woken = false;  // posted already, by set() or by the timer
    bool timed_out = false;
  };
  struct WaitAwaiter {
    Event& event;
    std::shared_ptr<Waiter> waiter;
    bool await_ready() const { return event.is_set(); }
    bool await_suspend(std::coroutine_handle<> handle);
    void await_resume() const noexcept {}
  };
  struct TimedAwaiter {
    Event& event;
    nanoseconds timeout;
    std::shared_ptr<Waiter> waiter;
    bool await_ready() const { return event.is_set(); }
    bool await_suspend(std::coroutine_handle<> handle);
    bool await_resume() const { return waiter == nullptr || !waiter->timed_out; }
  };

  Executor& executor_;
  // Shared with timers, which may fire after the Event is gone.
  struct State {
    Mutex mutex;
    bool set GUARDED_BY(mutex) = false;
    std::vector<std::shared_ptr<Waiter>> waiters GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// Counts permits; acquire waits in order of arrival until enough are free.
class Semaphore {
 public:
  Semaphore(Executor& executor, std::size_t permits) : executor_(executor), free_(permits), total_(permits) {}

  // More than all permits are treated as all (by all three), so that one oversized request can still run alone.
  auto acquire(std::size_t permits = 1) { return AcquireAwaiter{*this, std::min(permits, total_)}; }
  // Fails while somebody waits, so that it does not overtake.
  bool try_acquire(std::size_t permits = 1);
  void release(std::size_t permits = 1);
  std::size_t total() const { return total_; }

 private:
  struct AcquireAwaiter {
    Semaphore& semaphore;
    std::size_t permits;
    bool await_ready() { return semaphore.try_acquire(permits); }
    bool await_suspend(std::coroutine_handle<> handle);
    void await_resume() const noexcept {}
  };
  struct Waiter {
    std::coroutine_handle<> handle;
    std::size_t permits;
  };
  Executor& executor_;
  mutable Mutex mutex_;
  std::size_t free_ GUARDED_BY(mutex_);
  const std::size_t total_;
  std::deque<Waiter> waiters_ GUARDED_BY(mutex_);
};

// A bounded queue between Tasks. pop gives nullopt once the channel is closed and empty; push gives false once closed.
template <typename T>
class Channel {
 public:
  Channel(Executor& executor, std::size_t capacity)
      : slots_(executor, capacity), items_ready_(executor), capacity_(capacity) {
    CHECK(capacity > 0);
  }

  Task<bool> push(T item) {
    co_await slots_.acquire();
    {
      MutexLock lock(mutex_);
      if (closed_) {
        slots_.release();
        co_return false;
      }
      items_.push_back(std::move(item));
      items_ready_.set();
    }
    co_return true;
  }
  // False when full or closed; `item` is then untouched.
  bool try_push(T& item) {
    if (!slots_.try_acquire()) return false;
    MutexLock lock(mutex_);
    if (closed_) {
      slots_.release();
      return false;
    }
    items_.push_back(std::move(item));
    items_ready_.set();
    return true;
  }
  Task<std::optional<T>> pop() {
    while (true) {
      std::optional<T> item = try_pop();
      if (item.has_value()) co_return item;
      if (closed_and_empty()) co_return std::nullopt;
      co_await items_ready_.wait();
    }
  }
  std::optional<T> try_pop() {
    MutexLock lock(mutex_);
    if (items_.empty()) {
      if (!closed_) items_ready_.reset();
      return std::nullopt;
    }
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    slots_.release();
    return item;
  }
  // Wakes everyone: pushes fail, pops drain what is left.
  void close() {
    MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    items_ready_.set();
    slots_.release(capacity_);  // lets blocked pushers find out
  }

 private:
  bool closed_and_empty() {
    MutexLock lock(mutex_);
    return closed_ && items_.empty();
  }
  Semaphore slots_;
  Event items_ready_;
  const std::size_t capacity_;
  Mutex mutex_;
  std::deque<T> items_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

// Runs Tasks side by side and waits for all of them. join() must be awaited before the group is destroyed; when it
// ends, the Tasks and their arguments are gone.
class TaskGroup {
 public:
  explicit TaskGroup(Executor& executor) : executor_(executor), all_done_(executor) { all_done_.set(); }
  ~TaskGroup() { CHECK(all_done_.is_set()); }
  void spawn(Task<void> task);
  auto join() { return all_done_.wait(); }
  std::size_t running() const;

 private:
  // The last Task still holds the lock while whoever joined may destroy the group.
  struct State {
    Mutex mutex;
    std::size_t running GUARDED_BY(mutex) = 0;
  };
  static Task<void> run(TaskGroup* group, Task<void> task);
  Executor& executor_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
  Event all_done_;
};

// Cooperative cancellation: long work asks `cancelled()` between slices. Copies share one flag. Thread-safe.
class CancelToken {
 public:
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void cancel() { flag_->store(true, std::memory_order_relaxed); }
  bool cancelled() const { return flag_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

}  // namespace cordwood::base
