#include "base/thread_executor.h"

#include <algorithm>
#include <cstdlib>

namespace cordwood::base {
namespace {

nanoseconds scale(nanoseconds delay, double by) {
  if (by == 1.0) return delay;
  const double scaled = static_cast<double>(delay.count()) / by;
  // 2^63 is the first double that does not fit.
  return scaled < 0x1p63 ? nanoseconds(static_cast<std::int64_t>(scaled)) : nanoseconds::max();
}

}  // namespace

double time_scale_from_environment() {
  const char* text = std::getenv("CORDWOOD_TEST_TIME_SCALE");
  if (text == nullptr) return 1.0;
  const double scale = std::strtod(text, nullptr);
  return scale > 0 ? scale : 1.0;
}

ThreadExecutor::Pool::Pool(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void ThreadExecutor::Pool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadExecutor::Pool::push(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
}

void ThreadExecutor::Pool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

ThreadExecutor::ThreadExecutor(ThreadExecutorOptions options)
    : time_scale_(options.time_scale),
      workers_(std::make_unique<Pool>(options.threads)),
      blocking_(std::make_unique<Pool>(options.blocking_threads)),
      timer_thread_([this] { run_timers(); }) {}

ThreadExecutor::~ThreadExecutor() {
  {
    std::lock_guard lock(timer_mutex_);
    stopping_ = true;
  }
  timer_changed_.notify_all();
  timer_thread_.join();
  // Pieces of either pool may still push to the other, so both exist until both have stopped.
  blocking_->stop();
  workers_->stop();
}

void ThreadExecutor::post(std::function<void()> work) {
  workers_->push(std::move(work));
}
void ThreadExecutor::post_blocking(std::function<void()> work) {
  blocking_->push(std::move(work));
}

void ThreadExecutor::post_after(nanoseconds delay, std::function<void()> work) {
  const nanoseconds scaled = scale(delay, time_scale_);
  {
    std::lock_guard lock(timer_mutex_);
    timers_.push({clock_.monotonic() + scaled, timer_sequence_++, std::move(work)});
  }
  timer_changed_.notify_one();
}

void ThreadExecutor::run_timers() {
  std::unique_lock lock(timer_mutex_);
  while (!stopping_) {
    if (timers_.empty()) {
      timer_changed_.wait(lock);
      continue;
    }
    const nanoseconds left = timers_.top().due - clock_.monotonic();
    if (left.count() > 0) {
      // Bounded, because the library adds it to its own clock, which overflows for a timer that is never due.
      timer_changed_.wait_for(lock, std::min<nanoseconds>(left, std::chrono::hours(1)));
      continue;
    }
    std::function<void()> work = timers_.top().work;
    timers_.pop();
    lock.unlock();
    post(std::move(work));
    lock.lock();
  }
}

}  // namespace cordwood::base
