// What may go wrong with a request to something remote.
#pragma once

#include <string>
#include <utility>

#include "base/executor.h"
#include "base/random.h"
#include "base/status.h"
#include "base/task.h"

namespace cordwood::testing {

struct Fault {
  enum class Kind {
    kNone,
    kRefused,     // `status` is answered and nothing happened
    kAnswerLost,  // it happened, and the answer is Unavailable
  };
  Kind kind = Kind::kNone;
  base::Status status;
  base::nanoseconds delay{0};  // before anything happens
};

struct FaultRates {
  double refused = 0;      // probability of Unavailable with nothing done
  double answer_lost = 0;  // probability of Unavailable though it is done
  base::nanoseconds delay_max{0};
};
Fault draw_fault(base::Random& random, const FaultRates& rates);

// Runs `task` as `fault` says. A Task is lazy: one that is not awaited never happens.
template <typename T>
base::Task<T> run_with_fault(base::Executor* executor, base::Task<T> task, Fault fault, std::string what) {
  if (fault.delay.count() > 0) co_await executor->sleep_for(fault.delay);
  if (fault.kind == Fault::Kind::kRefused) co_return fault.status;
  T result = co_await task;
  if (fault.kind == Fault::Kind::kAnswerLost)
    co_return base::unavailable_error("{}: the answer was lost (simulated)", what);
  co_return result;
}

}  // namespace cordwood::testing
