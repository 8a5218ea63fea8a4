// Who has a lease after somebody asked for it: the rule that all backends share.
#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.h"

namespace cordwood::catalog {

// The lease after `holder` asked at `now`. A released lease has no holder and keeps its epoch.
Lease lease_after_request(const std::optional<Lease>& current, const std::string& name, const std::string& holder,
                          core::UnixNanos now, base::nanoseconds duration);

// Whether `guard` still guards: the lease is held, and has not changed hands since.
bool lease_allows(const std::optional<Lease>& current, const LeaseGuard& guard);

}  // namespace cordwood::catalog
