// Executor: runs Tasks. ThreadExecutor (thread_executor.h) runs them on threads with a pool for blocking calls;
// SimExecutor (sim_executor.h) runs them on one thread in a seeded order under virtual time, so that the whole server
// can be replayed from a seed.
#pragma once

#include <atomic>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/task.h"
#include "base/time.h"

namespace cordwood::base {

// All methods may be called from any thread.
class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `work` soon on one of the executor's threads. Work must not block and should take at most 10 ms.
  virtual void post(std::function<void()> work) = 0;
  // Runs `work` once `delay` has passed on the monotonic clock (divided by the test time scale).
  virtual void post_after(nanoseconds delay, std::function<void()> work) = 0;
  // Runs `work` on a thread that may block (files, SQLite, libpq).
  virtual void post_blocking(std::function<void()> work) = 0;
  virtual Clock& clock() = 0;
  // Blocks the calling thread, which must not be one of the executor's, until `done` is true (it is set and notified by
  // posted work). SimExecutor runs its queue here and CHECKs that it does not run dry before.
  virtual void drive_until(const std::atomic<bool>& done) = 0;

  // --- what a Task awaits ---------------------------------------------------------------------------------------
  // Goes to the back of the queue: for long CPU work between slices.
  auto yield() { return YieldAwaiter{*this}; }
  // Moves the awaiting coroutine to a thread of this executor (from a foreign thread, say of the HTTP server).
  auto schedule() { return YieldAwaiter{*this}; }
  auto sleep_for(nanoseconds delay) { return SleepAwaiter{*this, delay}; }
  // Runs `function` on a thread that may block and gives its result.
  template <typename F>
  auto blocking(F function) {
    return BlockingAwaiter<F>(*this, std::move(function));
  }

  // Starts `task` without waiting for it. The executor owns it until it ends.
  void spawn(Task<void> task);

 private:
  struct YieldAwaiter {
    Executor& executor;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      executor.post([handle] { handle.resume(); });
    }
    void await_resume() const noexcept {}
  };
  struct SleepAwaiter {
    Executor& executor;
    nanoseconds delay;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      executor.post_after(delay, [handle] { handle.resume(); });
    }
    void await_resume() const noexcept {}
  };
  template <typename F>
  class BlockingAwaiter {
   public:
    using R = std::invoke_result_t<F>;
    BlockingAwaiter(Executor& executor, F function) : executor_(executor), function_(std::move(function)) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      executor_.post_blocking([this, handle] {
        if constexpr (std::is_void_v<R>) {
          function_();
        } else {
          result_.emplace(function_());
        }
        executor_.post([handle] { handle.resume(); });
      });
    }
    R await_resume() {
      if constexpr (!std::is_void_v<R>) return std::move(*result_);
    }

   private:
    Executor& executor_;
    F function_;
    std::optional<std::conditional_t<std::is_void_v<R>, char, R>> result_;
  };
};

namespace executor_internal {
// A coroutine that owns itself: destroyed when it ends.
struct Detached {
  struct promise_type {  // NOLINT(readability-identifier-naming): the language asks for this name
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { check_failed(__FILE__, __LINE__, "no exception leaves a Task"); }
  };
};
// A Task keeps the arguments of its coroutine until it is destroyed, and they may refer to what the waiting side
// destroys next. So it is destroyed before its end is announced.
inline Detached run_detached(Executor* executor, Task<void> task) {
  co_await executor->schedule();
  co_await task;
}
template <typename T>
Detached run_and_signal(Executor* executor, Task<T> task, std::optional<T>* result,
                        std::shared_ptr<std::atomic<bool>> done) {
  co_await executor->schedule();
  result->emplace(co_await task);
  task = Task<T>();
  done->store(true);
  done->notify_all();
}
inline Detached run_and_signal_void(Executor* executor, Task<void> task, std::shared_ptr<std::atomic<bool>> done) {
  co_await executor->schedule();
  co_await task;
  task = Task<void>();
  done->store(true);
  done->notify_all();
}
}  // namespace executor_internal

inline void Executor::spawn(Task<void> task) {
  executor_internal::run_detached(this, std::move(task));
}

// Runs `task` on `executor` and blocks the calling thread until it ends: for main functions and tests.
template <typename T>
T sync_wait(Executor& executor, Task<T> task) {
  // Shared, because the executor's thread may still be inside notify_all when drive_until returns.
  auto done = std::make_shared<std::atomic<bool>>(false);
  if constexpr (std::is_void_v<T>) {
    executor_internal::run_and_signal_void(&executor, std::move(task), done);
    executor.drive_until(*done);
  } else {
    std::optional<T> result;
    executor_internal::run_and_signal<T>(&executor, std::move(task), &result, done);
    executor.drive_until(*done);
    return std::move(*result);
  }
}

}  // namespace cordwood::base
