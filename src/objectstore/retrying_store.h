// ObjectStore that tries again when the one below answers Unavailable.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "base/executor.h"
#include "base/random.h"
#include "objectstore/object_store.h"

namespace cordwood::objectstore {

struct RetryOptions {
  std::size_t attempts_max = 5;  // with the first one; then the last error is the answer
  // Before retry n: a time drawn from [d/2, d] with d = delay_first * 2^(n-1), at most delay_max.
  base::nanoseconds delay_first = std::chrono::milliseconds(50);
  base::nanoseconds delay_max = std::chrono::seconds(5);
};

// An Unavailable operation may have happened. put and remove say the same twice, so trying again is harmless. When
// put_if_absent finds an object after an Unavailable attempt, the object is compared: with our bytes it is taken as
// ours. Racing callers must therefore put different bytes (their own id) if they need to know which one won.
std::unique_ptr<ObjectStore> make_retrying_store(std::unique_ptr<ObjectStore> below, base::Executor& executor,
                                                 base::Random& random, RetryOptions options = {});

}  // namespace cordwood::objectstore
