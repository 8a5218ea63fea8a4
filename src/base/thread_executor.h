// The executor of the product: `threads` workers for Tasks and CPU slices, `blocking_threads` for calls that block, and
// one thread for timers. Work still queued at destruction, or posted by the pieces that are still running then, is
// dropped, so owners stop and join their Tasks first.
#pragma once

#include <condition_variable>
#include <deque>
#include <queue>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace cordwood::base {

struct ThreadExecutorOptions {
  std::size_t threads = 2;
  // Enough that a journal sync, a catalog commit, a flush and some reads never wait for each other.
  std::size_t blocking_threads = 8;
  // Delays are divided by this: tests set CORDWOOD_TEST_TIME_SCALE, see time_scale_from_environment.
  double time_scale = 1.0;
};

// The value of CORDWOOD_TEST_TIME_SCALE, or 1.
double time_scale_from_environment();

class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(ThreadExecutorOptions options = {});
  ~ThreadExecutor() override;

  void post(std::function<void()> work) override;
  void post_after(nanoseconds delay, std::function<void()> work) override;
  void post_blocking(std::function<void()> work) override;
  Clock& clock() override { return clock_; }
  void drive_until(const std::atomic<bool>& done) override { done.wait(false); }

 private:
  // A queue with the threads that serve it.
  class Pool {
   public:
    explicit Pool(std::size_t threads);
    // Waits for the running pieces; what is pushed later is never run.
    void stop();
    void push(std::function<void()> work);

   private:
    void run();
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
  };
  struct Timer {
    MonotonicNanos due;
    std::uint64_t sequence;  // keeps timers of the same moment in order
    std::function<void()> work;
    bool operator>(const Timer& other) const { return due != other.due ? due > other.due : sequence > other.sequence; }
  };
  void run_timers();

  SystemClock clock_;
  const double time_scale_;
  std::mutex timer_mutex_;
  std::condition_variable timer_changed_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::uint64_t timer_sequence_ = 0;
  bool stopping_ = false;
  std::unique_ptr<Pool> workers_;
  std::unique_ptr<Pool> blocking_;
  std::thread timer_thread_;
};

}  // namespace cordwood::base
