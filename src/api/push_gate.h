// PushGate: the limits of a tenant on what comes in over time: bytes a second, and streams at a time. Off unless
// configured.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/metrics.h"
#include "base/mutex.h"
#include "base/time.h"
#include "core/limits.h"
#include "core/record.h"

namespace cordwood::api {

// Thread-safe. `metrics` must outlive it.
class PushGate {
 public:
  PushGate(base::MetricsRegistry& metrics, const core::Limits& limits);

  struct Refusal {
    std::string text;  // Loki's; empty: the batch may be stored
    base::nanoseconds retry_after{0};
    bool refused() const { return !text.empty(); }
  };
  // Takes the batch's bytes from the tenant's allowance, or refuses all of it.
  Refusal admit(const core::TenantId& tenant, const core::RecordBatch& batch, base::MonotonicNanos now);

 private:
  struct Tenant {
    // Bytes that may come now; up to a burst, below zero after a batch that is larger than the burst.
    double allowance = 0;
    base::MonotonicNanos filled{INT64_MIN};
    // When each stream was written last, and in this order; entries of `order` whose time is not the stream's are old.
    std::unordered_map<std::uint64_t, base::MonotonicNanos> streams;
    std::deque<std::pair<base::MonotonicNanos, std::uint64_t>> order;
  };
  Refusal check_rate(Tenant& state, const core::TenantId& tenant, const core::RecordBatch& batch,
                     base::MonotonicNanos now) const;
  Refusal check_streams(Tenant& state, const core::TenantId& tenant, const core::RecordBatch& batch,
                        base::MonotonicNanos now) const;

  const core::Limits& limits_;
  base::Counter& refused_;
  base::Mutex mutex_;
  std::map<core::TenantId, Tenant> tenants_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::api
