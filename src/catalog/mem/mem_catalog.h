// Catalog in memory: the twin for tests and the simulation. Forgets everything when destroyed.
#pragma once

#include <memory>

#include "base/executor.h"
#include "base/random.h"
#include "catalog/catalog.h"

namespace cordwood::catalog {

// Every call goes through the executor's queue before it acts, so that a simulation interleaves callers. Times of
// removal come from the executor's clock.
std::unique_ptr<Catalog> make_mem_catalog(base::Executor& executor, base::Random& random);

}  // namespace cordwood::catalog
