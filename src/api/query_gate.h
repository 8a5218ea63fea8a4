// QueryGate: how many queries run at a time, and whose turn it is. Tenants that wait get their turns one after the
// other, so one that asks a thousand things does not keep out one that asks a single thing.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "base/executor.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/sync.h"
#include "base/task.h"
#include "core/ids.h"
#include "core/limits.h"

namespace cordwood::api {

class QueryGate;

// The right to run; given back when destroyed. Movable.
class QueryPermit {
 public:
  QueryPermit() = default;
  QueryPermit(QueryPermit&& other) noexcept
      : gate_(std::exchange(other.gate_, nullptr)), tenant_(std::move(other.tenant_)) {}
  QueryPermit& operator=(QueryPermit&& other) noexcept;
  ~QueryPermit() { give_back(); }

 private:
  friend class QueryGate;
  QueryPermit(QueryGate* gate, core::TenantId tenant) : gate_(gate), tenant_(std::move(tenant)) {}
  void give_back();
  QueryGate* gate_ = nullptr;
  core::TenantId tenant_;
};

// Thread-safe. Outlives its permits.
class QueryGate {
 public:
  // `running_max` of all tenants together; one tenant gets at most three quarters of them (but at least one), and no
  // more than limits.queries_running_max, so that there is room for the others at once.
  QueryGate(base::Executor& executor, base::MetricsRegistry& metrics, std::size_t running_max,
            const core::Limits& limits);

  // Waits for a turn. ResourceExhausted "too many outstanding requests" when limits.queries_waiting_max of the tenant
  // wait already; Cancelled when `cancel` is set meanwhile.
  base::Task<base::StatusOr<QueryPermit>> enter(core::TenantId tenant, base::CancelToken cancel);

 private:
  friend class QueryPermit;
  struct Waiter {
    explicit Waiter(base::Executor& executor) : granted(executor) {}
    base::Event granted;
  };
  struct Tenant {
    std::size_t running = 0;
    std::deque<std::shared_ptr<Waiter>> waiting;
  };
  // Takes a turn at once, or stands in line (null: the line is full).
  bool enter_now(const core::TenantId& tenant, std::shared_ptr<Waiter>& waiter);
  // False when it has been granted meanwhile.
  bool leave_line(const core::TenantId& tenant, const std::shared_ptr<Waiter>& waiter);
  void give_back(const core::TenantId& tenant);
  void grant_next() REQUIRES(mutex_);

  base::Executor& executor_;
  const std::size_t running_max_;
  const std::size_t tenant_running_max_;
  const std::size_t tenant_waiting_max_;
  base::Gauge& running_gauge_;
  base::Gauge& waiting_gauge_;
  base::Counter& refused_;
  base::Histogram& wait_;
  base::Mutex mutex_;
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  std::map<core::TenantId, Tenant> tenants_ GUARDED_BY(mutex_);
  std::deque<core::TenantId> turns_ GUARDED_BY(mutex_);  // tenants that wait, each once
};

}  // namespace cordwood::api
