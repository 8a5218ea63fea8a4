// Deletion and retention as the operator asks for them: selectors are compiled, the catalog is told, and then the store
// acts by them.
#pragma once

#include "store/state.h"

namespace cordwood::store {

base::StatusOr<std::shared_ptr<const core::RecordSelector>> compile_selector(const StoreState& state,
                                                                             std::string_view query);

// --- deletion ---
// Durable and hiding when it ends; gives the id.
base::Task<base::StatusOr<std::uint64_t>> begin_deletion(StoreState& state, core::DeletionRequest request);
base::Task<base::Status> cancel_deletion(StoreState& state, core::TenantId tenant, std::string id);
std::vector<core::DeletionStatus> list_deletions(StoreState& state, const core::TenantId& tenant);

// --- retention ---
base::Status restore_retention(StoreState& state, std::vector<catalog::RetentionRow> rows) REQUIRES(state.mutex);
std::vector<core::RetentionRule> list_retention(StoreState& state, const core::TenantId& tenant);
base::Task<base::Status> set_retention(StoreState& state, core::RetentionRule rule);
base::Task<base::Status> remove_retention(StoreState& state, core::TenantId tenant, std::string selector);

}  // namespace cordwood::store
