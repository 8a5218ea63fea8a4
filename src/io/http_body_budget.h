// A bound on the request bodies that are in memory over all connections: reading waits until enough of it is free, and
// so the senders wait. FIFO, so that a large body is not starved by small ones.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace cordwood::io {

// Thread-safe.
class HttpBodyBudget : public std::enable_shared_from_this<HttpBodyBudget> {
 public:
  explicit HttpBodyBudget(std::uint64_t bytes) : total_(bytes), free_(bytes) {}

  struct Waiter {
    std::uint64_t bytes = 0;
    std::function<void()> granted;  // called once, from any thread, when the bytes are taken
    bool done = false;              // guarded by the budget's mutex
  };

  // More than the whole budget counts as the whole, so that one oversized body can still be read alone.
  std::uint64_t clamp(std::uint64_t bytes) const { return bytes < total_ ? bytes : total_; }
  bool try_take(std::uint64_t bytes);
  void wait(const std::shared_ptr<Waiter>& waiter);
  // True when the bytes had been granted before: the caller then owns them.
  bool stop_waiting(const std::shared_ptr<Waiter>& waiter);
  void give_back(std::uint64_t bytes);
  std::uint64_t used() const;

 private:
  // Takes the bytes of those at the head of the queue for whom there are enough.
  std::vector<std::shared_ptr<Waiter>> take_ready() REQUIRES(mutex_);

  const std::uint64_t total_;
  mutable base::Mutex mutex_;
  std::uint64_t free_ GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Waiter>> waiters_ GUARDED_BY(mutex_);
};

// Bytes taken from the budget; given back on destruction. Movable.
class HttpBodyPermit {
 public:
  HttpBodyPermit() = default;
  explicit HttpBodyPermit(std::shared_ptr<HttpBodyBudget> budget) : budget_(std::move(budget)) {}
  HttpBodyPermit(HttpBodyPermit&& other) noexcept
      : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
  HttpBodyPermit& operator=(HttpBodyPermit&& other) noexcept {
    release();
    budget_ = std::move(other.budget_);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~HttpBodyPermit() { release(); }

  std::uint64_t bytes() const { return bytes_; }
  // `bytes` have been taken from the budget for this permit.
  void add(std::uint64_t bytes) { bytes_ += bytes; }

 private:
  void release() {
    if (budget_ && bytes_ > 0) budget_->give_back(std::exchange(bytes_, 0));
  }
  std::shared_ptr<HttpBodyBudget> budget_;
  std::uint64_t bytes_ = 0;
};

}  // namespace cordwood::io
