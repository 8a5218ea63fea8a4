// The catalog's operations on its SQLite tables, by noun. Each is one transaction, blocks, and means what the method of
// the same name in catalog.h means.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "catalog/catalog.h"
#include "catalog/sqlite/database.h"

namespace cordwood::catalog {

// --- parts.cc ---
base::StatusOr<ChangeResult> commit_change(Database& database, const Change& change, core::UnixNanos now);
base::StatusOr<Snapshot> read_snapshot(Database& database, const std::optional<core::TenantId>& tenant,
                                       core::TimeRange range);
base::StatusOr<std::vector<PartRow>> read_removed_parts(Database& database, core::UnixNanos removed_before,
                                                        std::size_t limit);
base::Status forget_parts(Database& database, const std::vector<PartId>& parts);

// --- deletions.cc; the first inside the transaction of a change ---
base::Status add_records_removed(Database& database, const std::vector<Change::Removed>& removed);
base::Status save_deletion(Database& database, const DeletionRow& row);
base::Status forget_deletion(Database& database, std::uint64_t id);
base::StatusOr<std::vector<DeletionRow>> read_deletions(Database& database);
base::Status save_retention(Database& database, const RetentionRow& row);
base::Status forget_retention(Database& database, const core::TenantId& tenant, std::uint32_t retention_class);
base::StatusOr<std::vector<RetentionRow>> read_retention(Database& database);

// --- sources.cc; the first two inside the transaction of a change ---
base::Status upsert_source(Database& database, const SourceRow& row);
base::Status remove_source(Database& database, const core::SourceId& id);
base::StatusOr<std::vector<SourceRow>> read_sources(Database& database, const std::optional<core::TenantId>& tenant,
                                                    const std::optional<std::string>& host);

// --- body_hashes.cc; the first inside the transaction of a change ---
base::Status insert_body_hashes(Database& database, const std::vector<BodyHashRow>& rows, core::UnixNanos now);
base::StatusOr<std::vector<BodyHashRow>> read_body_hashes(Database& database, core::UnixNanos now);

// --- agents.cc ---
base::StatusOr<std::optional<AgentRow>> read_agent(Database& database, core::AgentId agent);
base::Status save_agent(Database& database, const AgentRow& row, std::optional<std::uint64_t> expected_epoch);
base::StatusOr<std::vector<AgentRow>> read_agents(Database& database, const core::TenantId& tenant);

// --- fleet.cc ---
base::Status save_fleet(Database& database, const FleetChange& change);
base::StatusOr<FleetRows> read_fleet(Database& database);

// --- leases.cc; the first inside the transaction of a change ---
base::Status check_guard(Database& database, const LeaseGuard& guard);
base::StatusOr<Lease> acquire_lease(Database& database, const std::string& name, const std::string& holder,
                                    core::UnixNanos now, base::nanoseconds duration);
base::Status release_lease(Database& database, const std::string& name, const std::string& holder);

// --- nodes.cc ---
base::StatusOr<core::InstallationId> installation_id(Database& database, base::Random& random);
base::Status set_installation_id(Database& database, core::InstallationId id);
base::Status save_heartbeat(Database& database, const NodeRow& node);
base::StatusOr<std::vector<NodeRow>> read_nodes(Database& database);
base::StatusOr<std::uint64_t> begin_node_epoch(Database& database, const std::string& node);

}  // namespace cordwood::catalog
