// A fleet over a catalog in memory, for tests of who asks it.
#pragma once

#include <memory>

#include "base/random.h"
#include "catalog/mem/mem_catalog.h"
#include "fleet/fleet.h"

namespace cordwood::testing {

class MemFleet {
 public:
  MemFleet(base::Executor& executor, base::MetricsRegistry& metrics)
      : catalog_(catalog::make_mem_catalog(executor, random_)), fleet_({}, executor, *catalog_, metrics) {}
  fleet::Fleet& operator*() { return fleet_; }

 private:
  base::SeededRandom random_{1};
  std::unique_ptr<catalog::Catalog> catalog_;
  fleet::Fleet fleet_;
};

}  // namespace cordwood::testing
