#pragma once

#include <chrono>

#include "base/time.h"

namespace cordwood::fleet {

struct FleetOptions {
  // Without a heartbeat for so long a host is silent.
  base::nanoseconds silent_after = std::chrono::seconds(30);
  // A silent host is no longer expected after so long. 0: never.
  base::nanoseconds retire_after = std::chrono::hours(24 * 30);
  // A host is complete when its watermark is not older than this: heartbeats come every two seconds.
  base::nanoseconds fresh = std::chrono::seconds(5);
  base::nanoseconds skew_max = std::chrono::seconds(1);
  base::nanoseconds save_interval = std::chrono::seconds(5);
};

}  // namespace cordwood::fleet
