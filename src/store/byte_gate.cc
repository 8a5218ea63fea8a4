#include "store/byte_gate.h"

#include <algorithm>

namespace cordwood::store {

namespace {
// A waiter may miss a wake-up that another waiter's reset took away: it looks again after this time at the latest.
constexpr base::nanoseconds kLookAgain = std::chrono::milliseconds(50);
}  // namespace

bool ByteGate::try_take(std::uint64_t bytes) {
  base::MutexLock lock(mutex_);
  if (used_ != 0 && (bytes > bytes_max_ || used_ > bytes_max_ - bytes)) {
    freed_.reset();
    return false;
  }
  used_ += bytes;
  return true;
}

base::Task<bool> ByteGate::take(std::uint64_t bytes, base::nanoseconds wait_max) {
  const base::MonotonicNanos deadline = executor_.clock().monotonic() + wait_max;
  while (!try_take(bytes)) {
    if (executor_.clock().monotonic() >= deadline) co_return false;
    co_await freed_.wait_for(kLookAgain);
  }
  co_return true;
}

void ByteGate::adjust(std::uint64_t from, std::uint64_t to) {
  base::MutexLock lock(mutex_);
  CHECK(used_ >= from);
  used_ = used_ - from + to;
  if (to < from) freed_.set();
}

std::uint64_t ByteGate::used() const {
  base::MutexLock lock(mutex_);
  return used_;
}

}  // namespace cordwood::store
