// The same work asked for by several at once is done once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/sync.h"
#include "base/task.h"

namespace cordwood::query {

// Thread-safe. `Value` is copied to everyone who waited. The work runs in the Task of whoever asked first.
template <typename Key, typename Value>
class SingleFlight {
 public:
  explicit SingleFlight(base::Executor& executor) : executor_(executor) {}

  base::Task<Value> run(Key key, base::Task<Value> work) {
    std::shared_ptr<Flight> flight;
    bool first = false;
    {
      base::MutexLock lock(mutex_);
      std::shared_ptr<Flight>& slot = flights_[key];
      first = slot == nullptr;
      if (first) slot = std::make_shared<Flight>(executor_);
      flight = slot;
    }
    if (!first) {
      co_await flight->done.wait();
      co_return *flight->value;
    }
    flight->value.emplace(co_await work);
    {
      base::MutexLock lock(mutex_);
      flights_.erase(key);
    }
    flight->done.set();
    co_return *flight->value;
  }

 private:
  struct Flight {
    explicit Flight(base::Executor& executor) : done(executor) {}
    base::Event done;
    std::optional<Value> value;
  };
  base::Executor& executor_;
  base::Mutex mutex_;
  std::map<Key, std::shared_ptr<Flight>> flights_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::query
