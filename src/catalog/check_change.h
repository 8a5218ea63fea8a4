// What both backends ask of a change and a span before they look at their tables.
#pragma once

#include "catalog/catalog.h"

namespace cordwood::catalog {

// InvalidArgument when a row could never be found again: without a tenant, an object key, times or a node.
base::Status check_change(const Change& change);

// The rule of JournalProgress: Aborted unless `next` may follow `current` with a change that inserts parts or not.
base::Status check_progress(const JournalProgress& current, const JournalProgress& next, bool inserts_parts);

base::Status not_live(PartId part);
base::Status lease_moved(const LeaseGuard& guard);
base::Status object_key_taken(const std::string& object_key);
base::Status agent_epoch_moved(const AgentRow& row, std::optional<std::uint64_t> expected);

}  // namespace cordwood::catalog
