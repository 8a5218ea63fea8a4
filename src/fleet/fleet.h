// Fleet: every agent that ever reported, its ledger, and from these the coverage of a question. Kept in the catalog, so
// that a restarted server still expects the hosts it knew.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/sync.h"
#include "catalog/catalog.h"
#include "core/coverage.h"
#include "core/ledger.h"
#include "fleet/account.h"
#include "fleet/options.h"

namespace cordwood::fleet {

// Thread-safe.
class Fleet final : public core::HeartbeatSink, public core::CoverageReader, public core::FleetReader {
 public:
  // Reads what the catalog knows. All must outlive the fleet.
  static base::Task<base::StatusOr<std::unique_ptr<Fleet>>> open(FleetOptions options, base::Executor& executor,
                                                                 catalog::Catalog& catalog,
                                                                 base::MetricsRegistry& metrics);
  Fleet(FleetOptions options, base::Executor& executor, catalog::Catalog& catalog, base::MetricsRegistry& metrics);
  ~Fleet() override;

  base::Task<base::StatusOr<core::HeartbeatAnswer>> heartbeat(core::Heartbeat heartbeat) override;
  core::Coverage coverage(const core::CoverageRequest& request) const override;
  std::vector<core::FleetHost> hosts(const core::TenantId& tenant, const std::string& host, bool files) const override;
  base::Task<base::Status> retire(core::TenantId tenant, std::string host) override;

  // Saves what changed, now and then; ends after close().
  base::Task<void> run();
  // Saves everything that has not been saved.
  base::Task<base::Status> close();

 private:
  struct Tenant {
    std::map<core::AgentId, Account> accounts;
    std::map<core::GenerationId, core::AgentId> holders;
  };

  Account& account_of(const core::Heartbeat& heartbeat, core::UnixNanos now) REQUIRES(mutex_);
  void hand_over(Tenant& tenant, Account& to, const core::Heartbeat& heartbeat) REQUIRES(mutex_);
  void drop(Tenant& tenant, core::AgentId agent) REQUIRES(mutex_);
  void retire_silent_ones(core::UnixNanos now) REQUIRES(mutex_);
  void count(core::UnixNanos now) REQUIRES(mutex_);
  core::HostState state_of(const Account& account, core::UnixNanos range_end, core::UnixNanos now) const;
  bool is_expected(const Account& account, const core::TimeRange& range) const;
  base::Task<base::Status> save();

  const FleetOptions options_;
  base::Executor& executor_;
  catalog::Catalog& catalog_;
  base::MetricsRegistry& metrics_;
  base::Event closing_;
  base::Semaphore saving_;  // one at a time
  mutable base::Mutex mutex_;
  std::map<core::TenantId, Tenant> tenants_ GUARDED_BY(mutex_);
  std::vector<catalog::FleetAgentKey> dropped_ GUARDED_BY(mutex_);  // not yet removed from the catalog
};

}  // namespace cordwood::fleet
