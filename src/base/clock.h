// Where the product gets the time from. Nothing outside this header and the executors asks the operating system.
#pragma once

#include "base/time.h"

namespace cordwood::base {

// Thread-safe. The real clock reads the system's; SimExecutor has one that it moves itself.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixNanos now() const = 0;
  virtual MonotonicNanos monotonic() const = 0;
};

// The operating system's clocks.
class SystemClock final : public Clock {
 public:
  UnixNanos now() const override;
  MonotonicNanos monotonic() const override;
};

// Stands still until told to move. For unit tests.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixNanos start) : now_(start) {}
  UnixNanos now() const override { return now_; }
  MonotonicNanos monotonic() const override { return {now_.value}; }
  void set(UnixNanos now) { now_ = now; }
  void advance(nanoseconds by) { now_ = now_ + by; }

 private:
  UnixNanos now_;
};

}  // namespace cordwood::base
