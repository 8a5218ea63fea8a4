// Encoding takes its CPU on the threads that may block, not on the workers: a block takes 40 ms at a flush and 150 ms
// at a merge, and two of them would hold all workers of a small machine while requests wait to be acknowledged. There
// the system shares the cores between the two.
#pragma once

#include <coroutine>

#include "base/executor.h"

namespace cordwood::store {

// `co_await to_background(executor)` goes on on such a thread, behind what waits there; the next suspension on anything
// else leads back to the workers.
inline auto to_background(base::Executor& executor) {
  struct Awaiter {
    base::Executor& executor;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      executor.post_blocking([handle] { handle.resume(); });
    }
    void await_resume() const noexcept {}
  };
  return Awaiter{executor};
}

}  // namespace cordwood::store
