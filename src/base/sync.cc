#include "base/sync.h"

#include <algorithm>

namespace cordwood::base {

void Event::set() {
  // Once the flag is set, somebody who sees it may destroy the Event; only these two are touched from there on.
  const std::shared_ptr<State> state = state_;
  Executor& executor = executor_;
  std::vector<std::shared_ptr<Waiter>> to_wake;
  {
    MutexLock lock(state->mutex);
    state->set = true;
    for (auto& waiter : state->waiters) {
      if (std::exchange(waiter->woken, true)) continue;
      to_wake.push_back(std::move(waiter));
    }
    state->waiters.clear();
  }
  for (auto& waiter : to_wake) executor.post([handle = waiter->handle] { handle.resume(); });
}

void Event::reset() {
  MutexLock lock(state_->mutex);
  state_->set = false;
}

bool Event::is_set() const {
  MutexLock lock(state_->mutex);
  return state_->set;
}

bool Event::WaitAwaiter::await_suspend(std::coroutine_handle<> handle) {
  MutexLock lock(event.state_->mutex);
  if (event.state_->set) return false;
  waiter = std::make_shared<Waiter>();
  waiter->handle = handle;
  event.state_->waiters.push_back(waiter);
  return true;
}

bool Event::TimedAwaiter::await_suspend(std::coroutine_handle<> handle) {
  auto node = std::make_shared<Waiter>();
  node->handle = handle;
  std::shared_ptr<State> state = event.state_;
  Executor& executor = event.executor_;
  const nanoseconds delay = timeout;
  {
    MutexLock lock(state->mutex);
    if (state->set) return false;
    waiter = node;
    state->waiters.push_back(node);
  }
  // From here on another thread may resume the coroutine and destroy this awaiter.
  executor.post_after(delay, [state, node] {
    {
      MutexLock lock(state->mutex);
      if (std::exchange(node->woken, true)) return;
      node->timed_out = true;
      std::erase(state->waiters, node);
    }
    node->handle.resume();
  });
  return true;
}

Task<bool> Event::wait_for(nanoseconds timeout) {
  co_return co_await TimedAwaiter{*this, timeout, nullptr};
}

bool Semaphore::try_acquire(std::size_t permits) {
  permits = std::min(permits, total_);
  MutexLock lock(mutex_);
  if (!waiters_.empty() || free_ < permits) return false;
  free_ -= permits;
  return true;
}

bool Semaphore::AcquireAwaiter::await_suspend(std::coroutine_handle<> handle) {
  MutexLock lock(semaphore.mutex_);
  if (semaphore.waiters_.empty() && semaphore.free_ >= permits) {
    semaphore.free_ -= permits;
    return false;
  }
  semaphore.waiters_.push_back({handle, permits});
  return true;
}

void Semaphore::release(std::size_t permits) {
  // As in Event::set: whoever gets the permits may destroy the Semaphore.
  Executor& executor = executor_;
  std::vector<std::coroutine_handle<>> to_wake;
  {
    MutexLock lock(mutex_);
    free_ += std::min(permits, total_);
    while (!waiters_.empty() && waiters_.front().permits <= free_) {
      free_ -= waiters_.front().permits;
      to_wake.push_back(waiters_.front().handle);
      waiters_.pop_front();
    }
  }
  for (auto handle : to_wake) executor.post([handle] { handle.resume(); });
}

void TaskGroup::spawn(Task<void> task) {
  {
    MutexLock lock(state_->mutex);
    ++state_->running;
    all_done_.reset();
  }
  executor_.spawn(run(this, std::move(task)));
}

Task<void> TaskGroup::run(TaskGroup* group, Task<void> task) {
  co_await task;
  task = Task<void>();
  // Counting down and setting the Event are one step, or a spawn between them would be forgotten by join().
  const std::shared_ptr<State> state = group->state_;
  MutexLock lock(state->mutex);
  if (--state->running == 0) group->all_done_.set();
}

std::size_t TaskGroup::running() const {
  MutexLock lock(state_->mutex);
  return state_->running;
}

}  // namespace cordwood::base
