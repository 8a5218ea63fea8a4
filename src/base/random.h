// Where the product gets randomness from, so that tests can decide it.
#pragma once

#include <cstdint>
#include <random>

#include "base/hash.h"
#include "base/mutex.h"

namespace cordwood::base {

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  Hash128 next_id() {
    const std::uint64_t hi = next();
    return {hi, next()};
  }
  // Uniform in [0, 1).
  double next_unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

// From the operating system (getrandom): for ids and tokens.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override {
    MutexLock lock(mutex_);
    return engine_();
  }

 private:
  Mutex mutex_;
  std::mt19937_64 engine_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::base
