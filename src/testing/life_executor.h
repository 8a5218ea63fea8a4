// Lives of a simulated process: what outlives it (a catalog, an object store, a test) posts to the executor of the life
// that is running. When a process dies its executor is never run again: what it was about to do never happens.
#pragma once

#include <memory>
#include <vector>

#include "base/sim_executor.h"

namespace cordwood::testing {

class LifeExecutor final : public base::Executor {
 public:
  void post(std::function<void()> work) override { now->post(std::move(work)); }
  void post_after(base::nanoseconds delay, std::function<void()> work) override {
    now->post_after(delay, std::move(work));
  }
  void post_blocking(std::function<void()> work) override { now->post_blocking(std::move(work)); }
  base::Clock& clock() override { return now->clock(); }
  void drive_until(const std::atomic<bool>& done) override { now->drive_until(done); }

  // Starts the next life; time goes on where the last one stopped. The executors of the dead are kept for ever: their
  // suspended coroutines cannot be destroyed, and the product never has to.
  void start_life(std::uint64_t seed, base::UnixNanos start) {
    static auto* executors = new std::vector<std::unique_ptr<base::SimExecutor>>();
    const base::UnixNanos begin = now == nullptr ? start : now->clock().now();
    executors->push_back(std::make_unique<base::SimExecutor>(seed, begin));
    now = executors->back().get();
  }

  base::SimExecutor* now = nullptr;
};

// What a dead process had in memory stays: destroying a suspended store is not something the product can do either.
inline void bury(std::shared_ptr<void> remains) {
  static auto* graveyard = new std::vector<std::shared_ptr<void>>();
  graveyard->push_back(std::move(remains));
}

}  // namespace cordwood::testing
