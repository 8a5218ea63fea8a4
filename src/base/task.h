// Task<T>: a lazy coroutine. It starts when awaited, runs on the thread of whoever resumes it, and resumes its awaiter
// when done. A Task is awaited exactly once; destroying one that has not finished destroys its frame, which is only
// allowed while it is not suspended on a primitive (cancel it first and let it end).
//
// A Task that ends without suspending costs its awaiter no stack: a loop may await millions of them. (GCC turns
// symmetric transfer into a tail call only when it optimises, so debug and sanitizer builds would overflow. Therefore
// the awaiter resumes the Task itself, and whoever comes second of the two, the end of the Task and the return from
// that call, goes on with the awaiter.)
//
// What a Task may await: other Tasks, what Executor offers (executor.h) and the primitives of sync.h. Nothing in store,
// query, objectstore, catalog, rules and agent blocks a thread in any other way.
//
// GCC 12 destroys some temporaries of a co_await expression twice. Therefore: arguments of a coroutine are named
// variables or moves of them, never braced temporaries with destructors; no co_await inside ?: or && conditions with
// temporaries; parameters of coroutines are taken by value or are references that outlive the Task; a coroutine lambda
// has no captures (pass what it needs as parameters).
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/check.h"

namespace cordwood::base {

template <typename T>
class [[nodiscard]] Task;

namespace task_internal {

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  // Set by the first of: the Task has ended, the call that started it has returned.
  std::atomic<bool> first_arrived{false};

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      // Read first: another thread may go on with the awaiter and destroy the Task once the flag is set.
      const std::coroutine_handle<> awaiter = handle.promise().continuation;
      const bool second = handle.promise().first_arrived.exchange(true, std::memory_order_acq_rel);
      return second ? awaiter : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }
  // Our code throws nothing and adapters catch what libraries throw, so an exception here is a bug.
  void unhandled_exception() noexcept { check_failed(__FILE__, __LINE__, "no exception leaves a Task"); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& u) {
    value.emplace(std::forward<U>(u));
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() noexcept {}
};

}  // namespace task_internal

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = task_internal::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { destroy(); }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
      CHECK_MSG(handle && !handle.done(), "a Task is awaited once");
      handle.promise().continuation = awaiting;
      handle.resume();
      return !handle.promise().first_arrived.exchange(true, std::memory_order_acq_rel);
    }
    T await_resume() {
      if constexpr (!std::is_void_v<T>) {
        CHECK(handle.promise().value.has_value());
        return std::move(*handle.promise().value);  // NOLINT(bugprone-unchecked-optional-access)
      }
    }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }
  Awaiter operator co_await() & noexcept { return Awaiter{handle_}; }

 private:
  void destroy() {
    if (handle_) handle_.destroy();
    handle_ = {};
  }
  Handle handle_;
};

namespace task_internal {
template <typename T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}
}  // namespace task_internal

}  // namespace cordwood::base
