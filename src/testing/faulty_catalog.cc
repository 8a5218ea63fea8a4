#include "testing/faulty_catalog.h"

#include <utility>

namespace cordwood::testing {
namespace {

using catalog::AgentRow;
using catalog::BodyHashRow;
using catalog::Catalog;
using catalog::Change;
using catalog::ChangeResult;
using catalog::Lease;
using catalog::NodeRow;
using catalog::PartId;
using catalog::PartRow;
using catalog::Snapshot;
using catalog::SourceRow;

// Every call is made into a Task first, which happens only if the fault lets it.
class FaultyCatalog final : public Catalog {
 public:
  FaultyCatalog(Catalog& below, base::Executor& executor, CatalogFaultPlan plan)
      : below_(below), executor_(executor), plan_(std::move(plan)) {}

  base::Task<base::StatusOr<core::InstallationId>> installation_id() override {
    return run("installation_id", below_.installation_id());
  }
  base::Task<base::Status> set_installation_id(core::InstallationId id) override {
    return run("set_installation_id", below_.set_installation_id(id));
  }
  base::Task<base::Status> save_deletion(catalog::DeletionRow row) override {
    return run("save_deletion", below_.save_deletion(std::move(row)));
  }
  base::Task<base::Status> forget_deletion(std::uint64_t id) override {
    return run("forget_deletion", below_.forget_deletion(id));
  }
  base::Task<base::StatusOr<std::vector<catalog::DeletionRow>>> deletions() override {
    return run("deletions", below_.deletions());
  }
  base::Task<base::Status> save_retention(catalog::RetentionRow row) override {
    return run("save_retention", below_.save_retention(std::move(row)));
  }
  base::Task<base::Status> forget_retention(core::TenantId tenant, std::uint32_t retention_class) override {
    return run("forget_retention", below_.forget_retention(std::move(tenant), retention_class));
  }
  base::Task<base::StatusOr<std::vector<catalog::RetentionRow>>> retention() override {
    return run("retention", below_.retention());
  }
  base::Task<base::StatusOr<ChangeResult>> commit(Change change) override {
    return run("commit", below_.commit(std::move(change)));
  }
  base::Task<base::StatusOr<Snapshot>> snapshot(std::optional<core::TenantId> tenant, core::TimeRange range) override {
    return run("snapshot", below_.snapshot(std::move(tenant), range));
  }
  base::Task<base::StatusOr<std::vector<PartRow>>> removed_parts(core::UnixNanos removed_before,
                                                                 std::size_t limit) override {
    return run("removed_parts", below_.removed_parts(removed_before, limit));
  }
  base::Task<base::Status> forget_parts(std::vector<PartId> parts) override {
    return run("forget_parts", below_.forget_parts(std::move(parts)));
  }
  base::Task<base::StatusOr<std::vector<SourceRow>>> sources(std::optional<core::TenantId> tenant,
                                                             std::optional<std::string> host) override {
    return run("sources", below_.sources(std::move(tenant), std::move(host)));
  }
  base::Task<base::StatusOr<std::vector<BodyHashRow>>> body_hashes(core::UnixNanos now) override {
    return run("body_hashes", below_.body_hashes(now));
  }
  base::Task<base::StatusOr<std::optional<AgentRow>>> agent(core::AgentId agent) override {
    return run("agent", below_.agent(agent));
  }
  base::Task<base::Status> save_agent(AgentRow row, std::optional<std::uint64_t> expected_epoch) override {
    return run("save_agent", below_.save_agent(std::move(row), expected_epoch));
  }
  base::Task<base::StatusOr<std::vector<AgentRow>>> agents(core::TenantId tenant) override {
    return run("agents", below_.agents(std::move(tenant)));
  }
  base::Task<base::Status> save_fleet(catalog::FleetChange change) override {
    return run("save_fleet", below_.save_fleet(std::move(change)));
  }
  base::Task<base::StatusOr<catalog::FleetRows>> fleet() override { return run("fleet", below_.fleet()); }
  base::Task<base::StatusOr<Lease>> acquire_lease(std::string name, std::string holder, core::UnixNanos now,
                                                  base::nanoseconds duration) override {
    return run("acquire_lease", below_.acquire_lease(std::move(name), std::move(holder), now, duration));
  }
  base::Task<base::Status> release_lease(std::string name, std::string holder) override {
    return run("release_lease", below_.release_lease(std::move(name), std::move(holder)));
  }
  base::Task<base::Status> heartbeat(NodeRow node) override {
    return run("heartbeat", below_.heartbeat(std::move(node)));
  }
  base::Task<base::StatusOr<std::vector<NodeRow>>> nodes() override { return run("nodes", below_.nodes()); }
  base::Task<base::StatusOr<std::uint64_t>> begin_node_epoch(std::string node) override {
    return run("begin_node_epoch", below_.begin_node_epoch(std::move(node)));
  }

 private:
  template <typename T>
  base::Task<T> run(std::string method, base::Task<T> task) {
    Fault fault = plan_(method);
    return run_with_fault(&executor_, std::move(task), std::move(fault), "catalog " + method);
  }

  Catalog& below_;
  base::Executor& executor_;
  const CatalogFaultPlan plan_;
};

}  // namespace

std::unique_ptr<catalog::Catalog> make_faulty_catalog(catalog::Catalog& below, base::Executor& executor,
                                                      CatalogFaultPlan plan) {
  return std::make_unique<FaultyCatalog>(below, executor, std::move(plan));
}

}  // namespace cordwood::testing
