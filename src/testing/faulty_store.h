// ObjectStore that fails and dawdles as its test decides: refused requests, lost answers, slow ones.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "objectstore/object_store.h"
#include "testing/fault.h"

namespace cordwood::testing {

enum class StoreOperation { kPut, kPutIfAbsent, kGetRange, kHead, kList, kRemove };

// Asked once a request, in the order of the requests. Thread-safe if the requests come from several threads.
using StoreFaultPlan = std::function<Fault(StoreOperation operation, const std::string& key)>;

std::unique_ptr<objectstore::ObjectStore> make_faulty_store(std::unique_ptr<objectstore::ObjectStore> below,
                                                            base::Executor& executor, StoreFaultPlan plan);

// A plan: each request is refused with Unavailable, or loses its answer, with these probabilities, and takes up to
// `delay_max`. `random` outlives the plan.
StoreFaultPlan random_store_faults(base::Random& random, double refused, double answer_lost,
                                   base::nanoseconds delay_max = base::nanoseconds(0));

}  // namespace cordwood::testing
