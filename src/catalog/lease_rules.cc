#include "catalog/lease_rules.h"

#include <algorithm>

namespace cordwood::catalog {

Lease lease_after_request(const std::optional<Lease>& current, const std::string& name, const std::string& holder,
                          core::UnixNanos now, base::nanoseconds duration) {
  if (!current.has_value()) return {name, holder, 1, now + duration};
  Lease lease = *current;
  if (lease.holder == holder) {
    // Clocks of nodes differ a little; a renewal never shortens what was promised before.
    lease.expires = std::max(lease.expires, now + duration);
  } else if (lease.holder.empty() || lease.expires <= now) {
    lease = {name, holder, lease.epoch + 1, now + duration};
  }
  return lease;
}

bool lease_allows(const std::optional<Lease>& current, const LeaseGuard& guard) {
  return current.has_value() && !current->holder.empty() && current->epoch == guard.epoch;
}

}  // namespace cordwood::catalog
