// ByteGate: the bound on the memory of the head. Who wants to add to it waits here until a flush has made room.
#pragma once

#include <cstdint>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/sync.h"

namespace cordwood::store {

// Thread-safe.
class ByteGate {
 public:
  ByteGate(base::Executor& executor, std::uint64_t bytes_max)
      : executor_(executor), bytes_max_(bytes_max), freed_(executor) {}

  // True when `bytes` were taken. More than the maximum is let in alone, so that one oversized body can pass.
  bool try_take(std::uint64_t bytes);
  // Waits for at most `wait_max`; false when there was no room in that time.
  base::Task<bool> take(std::uint64_t bytes, base::nanoseconds wait_max);
  // What was taken turned out to be more, or less. Never waits.
  void adjust(std::uint64_t from, std::uint64_t to);
  void give_back(std::uint64_t bytes) { adjust(bytes, 0); }
  std::uint64_t used() const;

 private:
  base::Executor& executor_;
  const std::uint64_t bytes_max_;
  base::Event freed_;
  mutable base::Mutex mutex_;
  std::uint64_t used_ GUARDED_BY(mutex_) = 0;
};

}  // namespace cordwood::store
