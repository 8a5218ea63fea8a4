#include "catalog/check_change.h"
#include "catalog/lease_rules.h"
#include "catalog/sqlite/tables.h"

namespace cordwood::catalog {
namespace {

base::StatusOr<std::optional<Lease>> read_lease(Database& database, const std::string& name) {
  Query query(database, "SELECT holder, epoch, expires FROM leases WHERE name = ?1", name);
  std::optional<Lease> lease;
  if (query.next()) lease = Lease{name, query.text(0), query.unsigned_integer(1), query.time(2)};
  RETURN_IF_ERROR(query.status());
  return lease;
}

}  // namespace

base::Status check_guard(Database& database, const LeaseGuard& guard) {
  ASSIGN_OR_RETURN(const std::optional<Lease> lease, read_lease(database, guard.name));
  return lease_allows(lease, guard) ? base::ok_status() : lease_moved(guard);
}

base::StatusOr<Lease> acquire_lease(Database& database, const std::string& name, const std::string& holder,
                                    core::UnixNanos now, base::nanoseconds duration) {
  if (holder.empty()) return base::invalid_argument_error("lease {}: no holder", name);
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.begin_write());
  ASSIGN_OR_RETURN(const std::optional<Lease> current, read_lease(database, name));
  Lease lease = lease_after_request(current, name, holder, now, duration);
  if (lease.holder == holder) {
    RETURN_IF_ERROR(Query(database,
                          "INSERT INTO leases (name, holder, epoch, expires) VALUES (?1, ?2, ?3, ?4)"
                          " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch,"
                          " expires = excluded.expires",
                          name, holder, lease.epoch, lease.expires)
                        .run());
  }
  RETURN_IF_ERROR(transaction.commit());
  return lease;
}

base::Status release_lease(Database& database, const std::string& name, const std::string& holder) {
  return Query(database, "UPDATE leases SET holder = '' WHERE name = ?1 AND holder = ?2", name, holder).run();
}

}  // namespace cordwood::catalog
