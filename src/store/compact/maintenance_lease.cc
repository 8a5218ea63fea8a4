#include "store/compact/maintenance_lease.h"

namespace cordwood::store {

namespace {
constexpr const char* kName = "maintenance";
// A merge may take minutes; its commit is preceded by hold(), which renews.
constexpr base::nanoseconds kDuration = std::chrono::minutes(1);
constexpr base::nanoseconds kRenewAfter = std::chrono::seconds(20);
}  // namespace

base::Task<base::StatusOr<catalog::LeaseGuard>> MaintenanceLease::hold() {
  {
    base::MutexLock lock(mutex_);
    if (held_.has_value() && state_.executor().clock().monotonic() < renew_at_) co_return *held_;
  }
  const base::MonotonicNanos asked = state_.executor().clock().monotonic();
  std::string name = kName;
  std::string holder = state_.options.node;
  base::StatusOr<catalog::Lease> lease = co_await state_.deps.catalog->acquire_lease(
      std::move(name), std::move(holder), state_.executor().clock().now(), kDuration);
  if (!lease.ok()) co_return lease.status();
  if (lease->holder != state_.options.node) {
    co_return base::failed_precondition_error("node {} merges and drops segments at the moment", lease->holder);
  }
  base::MutexLock lock(mutex_);
  held_ = catalog::LeaseGuard{kName, lease->epoch};
  renew_at_ = asked + kRenewAfter;
  co_return *held_;
}

}  // namespace cordwood::store
