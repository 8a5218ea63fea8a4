// A Catalog that passes everything on to another: the base of wrappers that change one thing.
#pragma once

#include "catalog/catalog.h"

namespace cordwood::testing {

class PassingCatalog : public catalog::Catalog {
 public:
  explicit PassingCatalog(catalog::Catalog& below) : below_(below) {}

  base::Task<base::StatusOr<core::InstallationId>> installation_id() override { return below_.installation_id(); }
  base::Task<base::Status> set_installation_id(core::InstallationId id) override {
    return below_.set_installation_id(id);
  }
  base::Task<base::Status> save_deletion(catalog::DeletionRow row) override {
    return below_.save_deletion(std::move(row));
  }
  base::Task<base::Status> forget_deletion(std::uint64_t id) override { return below_.forget_deletion(id); }
  base::Task<base::StatusOr<std::vector<catalog::DeletionRow>>> deletions() override { return below_.deletions(); }
  base::Task<base::Status> save_retention(catalog::RetentionRow row) override {
    return below_.save_retention(std::move(row));
  }
  base::Task<base::Status> forget_retention(core::TenantId tenant, std::uint32_t retention_class) override {
    return below_.forget_retention(std::move(tenant), retention_class);
  }
  base::Task<base::StatusOr<std::vector<catalog::RetentionRow>>> retention() override { return below_.retention(); }
  base::Task<base::StatusOr<catalog::ChangeResult>> commit(catalog::Change change) override {
    return below_.commit(std::move(change));
  }
  base::Task<base::StatusOr<catalog::Snapshot>> snapshot(std::optional<core::TenantId> tenant,
                                                         core::TimeRange range) override {
    return below_.snapshot(std::move(tenant), range);
  }
  base::Task<base::StatusOr<std::vector<catalog::PartRow>>> removed_parts(core::UnixNanos removed_before,
                                                                          std::size_t limit) override {
    return below_.removed_parts(removed_before, limit);
  }
  base::Task<base::Status> forget_parts(std::vector<catalog::PartId> parts) override {
    return below_.forget_parts(std::move(parts));
  }
  base::Task<base::StatusOr<std::vector<catalog::SourceRow>>> sources(std::optional<core::TenantId> tenant,
                                                                      std::optional<std::string> host) override {
    return below_.sources(std::move(tenant), std::move(host));
  }
  base::Task<base::StatusOr<std::vector<catalog::BodyHashRow>>> body_hashes(core::UnixNanos now) override {
    return below_.body_hashes(now);
  }
  base::Task<base::StatusOr<std::optional<catalog::AgentRow>>> agent(core::AgentId agent) override {
    return below_.agent(agent);
  }
  base::Task<base::Status> save_agent(catalog::AgentRow row, std::optional<std::uint64_t> expected_epoch) override {
    return below_.save_agent(std::move(row), expected_epoch);
  }
  base::Task<base::StatusOr<std::vector<catalog::AgentRow>>> agents(core::TenantId tenant) override {
    return below_.agents(std::move(tenant));
  }
  base::Task<base::Status> save_fleet(catalog::FleetChange change) override {
    return below_.save_fleet(std::move(change));
  }
  base::Task<base::StatusOr<catalog::FleetRows>> fleet() override { return below_.fleet(); }
  base::Task<base::StatusOr<catalog::Lease>> acquire_lease(std::string name, std::string holder, core::UnixNanos now,
                                                           base::nanoseconds duration) override {
    return below_.acquire_lease(std::move(name), std::move(holder), now, duration);
  }
  base::Task<base::Status> release_lease(std::string name, std::string holder) override {
    return below_.release_lease(std::move(name), std::move(holder));
  }
  base::Task<base::Status> heartbeat(catalog::NodeRow node) override { return below_.heartbeat(std::move(node)); }
  base::Task<base::StatusOr<std::vector<catalog::NodeRow>>> nodes() override { return below_.nodes(); }
  base::Task<base::StatusOr<std::uint64_t>> begin_node_epoch(std::string node) override {
    return below_.begin_node_epoch(std::move(node));
  }

 protected:
  catalog::Catalog& below_;
};

}  // namespace cordwood::testing
