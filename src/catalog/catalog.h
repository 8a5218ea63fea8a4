// Catalog: the transactional list of parts, marks, leases and nodes. Backends: SQLite (one machine), memory (tests),
// PostgreSQL later. Every method is one transaction; a method that fails with Unavailable may or may not have happened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/status.h"
#include "base/task.h"
#include "catalog/fleet_rows.h"
#include "core/ids.h"
#include "core/record.h"
#include "core/time_range.h"

namespace cordwood::catalog {

// Grows by one with each commit that changes parts.
struct CatalogVersion {
  std::uint64_t value = 0;
  auto operator<=>(const CatalogVersion&) const = default;
};

struct PartId {
  std::uint64_t value = 0;
  auto operator<=>(const PartId&) const = default;
};

// A segment in the object store.
struct PartRow {
  PartId id;  // given by the catalog at insertion; 0 before
  core::TenantId tenant;
  std::int32_t partition_day = 0;  // UTC day of event time: floor(unix seconds / 86,400)
  std::uint32_t level = 1;         // 1 = flushed, 2+ = compacted
  std::uint32_t retention_class = 0;
  std::string object_key;
  core::TimeSpan times;
  std::uint64_t records = 0;
  std::uint64_t raw_bytes = 0;     // lines plus one byte each
  std::uint64_t stored_bytes = 0;  // of the object
  // Every deletion up to this id that was active has been applied to the rows, or was made before them.
  std::uint64_t deletions_applied = 0;
  bool operator==(const PartRow&) const = default;
};

// How far the journal of a node has been flushed: everything at or below `sequence` is in parts. Node names are chosen
// by the operator or drawn at first start; `epoch` grows with each start of the node.
struct JournalProgress {
  std::string node;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  bool operator==(const JournalProgress&) const = default;
};

struct SourceRow {
  core::SourceInfo info;
  core::Mark mark;
  core::UnixNanos updated;
};

struct AgentRow {
  core::TenantId tenant;
  std::string host;
  core::AgentId agent;
  std::uint64_t epoch = 0;
  base::Hash128 nonce;
  core::UnixNanos last_seen;
};

// The body hash of an unnamed sender, unique until it expires.
struct BodyHashRow {
  base::Hash128 hash;
  core::UnixNanos expires;
};

// A named right that one holder has until it expires; `epoch` grows each time it changes hands.
struct Lease {
  std::string name;
  std::string holder;
  std::uint64_t epoch = 0;
  core::UnixNanos expires;
};

struct LeaseGuard {
  std::string name;
  std::uint64_t epoch = 0;
};

struct NodeRow {
  std::string name;
  std::string address;  // host:port other nodes reach it at
  std::string roles;    // comma-separated
  core::UnixNanos heartbeat;
};

// Records that were asked to be deleted. Ids are the store's, rising; 0 is none.
struct DeletionRow {
  std::uint64_t id = 0;
  core::TenantId tenant;
  std::string query;
  core::TimeRange range;
  core::UnixNanos created;
  // Rows of this node's journal after this sequence came later and are not meant.
  std::string node;
  std::uint64_t sequence = 0;
  std::uint64_t records_removed = 0;
  std::optional<core::UnixNanos> removed;  // since when no live part holds such a record
  bool operator==(const DeletionRow&) const = default;
};

// How long records of a retention class are kept. Class 0 has no selector. A class whose rule is gone stays listed
// while parts have it, with `retired`: its parts follow class 0.
struct RetentionRow {
  core::TenantId tenant;
  std::uint32_t retention_class = 0;
  std::string selector;
  base::nanoseconds keep{0};  // 0 = for ever
  bool retired = false;
  bool operator==(const RetentionRow&) const = default;
};

struct Snapshot {
  CatalogVersion version;
  std::vector<PartRow> parts;  // live, sorted by (times.last descending, id)
  std::vector<JournalProgress> journals;
};

// All of it or nothing. A replacing change names exactly the inputs it read. Errors besides those of the catalog:
//   Aborted: one of `remove_parts` or `raise_deletions_applied` is not live any more; `guard` is not the current epoch
//   of a lease that is held;
//     `flushed_through` is below what is recorded, in the order (epoch, sequence), or equal to it although parts are
//     inserted: that flush has been committed before.
//   AlreadyExists: an object key of `insert_parts` is listed already, as after an answer that was lost.
//   InvalidArgument: a part without tenant, object key or times.
// Removals happen before insertions.
struct Change {
  std::optional<LeaseGuard> guard;
  std::vector<PartRow> insert_parts;
  std::vector<PartId> remove_parts;
  // Live parts that hold nothing of the deletions up to this id: their deletions_applied is raised, not lowered.
  struct Applied {
    PartId part;
    std::uint64_t deletions = 0;
  };
  std::vector<Applied> raise_deletions_applied;
  // Added to records_removed of these deletions; unknown ones are left out.
  struct Removed {
    std::uint64_t deletion = 0;
    std::uint64_t records = 0;
  };
  std::vector<Removed> records_removed;
  std::vector<SourceRow> upsert_sources;
  std::vector<core::SourceId> remove_sources;
  std::vector<BodyHashRow> insert_body_hashes;  // already present ones are left as they are, unless they have expired
  std::optional<JournalProgress> flushed_through;
};
struct ChangeResult {
  CatalogVersion version;
  std::vector<PartId> inserted;  // in the order of insert_parts
};

// Thread-safe.
class Catalog {
 public:
  virtual ~Catalog() = default;

  // Drawn at the first call for a catalog, then the same for ever (a restore sets another).
  virtual base::Task<base::StatusOr<core::InstallationId>> installation_id() = 0;
  // For a restore: agents that meet another id ask for marks.
  virtual base::Task<base::Status> set_installation_id(core::InstallationId id) = 0;

  virtual base::Task<base::StatusOr<ChangeResult>> commit(Change change) = 0;
  // Live parts of `tenant` (of all tenants when nullopt) that overlap `range`, and all journals' progress.
  virtual base::Task<base::StatusOr<Snapshot>> snapshot(std::optional<core::TenantId> tenant,
                                                        core::TimeRange range) = 0;
  // Parts removed before `removed_before` whose objects may now be deleted, longest removed first; forget_parts ends
  // their record (FailedPrecondition for a live part; unknown ones are no error).
  virtual base::Task<base::StatusOr<std::vector<PartRow>>> removed_parts(core::UnixNanos removed_before,
                                                                         std::size_t limit) = 0;
  virtual base::Task<base::Status> forget_parts(std::vector<PartId> parts) = 0;

  // Inserts the row, or replaces `removed` of the one with this id; records_removed is changed by commits only.
  virtual base::Task<base::Status> save_deletion(DeletionRow row) = 0;
  virtual base::Task<base::Status> forget_deletion(std::uint64_t id) = 0;  // unknown is no error
  // By id.
  virtual base::Task<base::StatusOr<std::vector<DeletionRow>>> deletions() = 0;
  // Inserts or replaces by (tenant, class).
  virtual base::Task<base::Status> save_retention(RetentionRow row) = 0;
  virtual base::Task<base::Status> forget_retention(core::TenantId tenant, std::uint32_t retention_class) = 0;
  // By tenant and class.
  virtual base::Task<base::StatusOr<std::vector<RetentionRow>>> retention() = 0;

  virtual base::Task<base::StatusOr<std::vector<SourceRow>>> sources(std::optional<core::TenantId> tenant,
                                                                     std::optional<std::string> host) = 0;
  // Hashes that have not expired at `now`; expired ones are deleted on the way.
  virtual base::Task<base::StatusOr<std::vector<BodyHashRow>>> body_hashes(core::UnixNanos now) = 0;

  virtual base::Task<base::StatusOr<std::optional<AgentRow>>> agent(core::AgentId agent) = 0;
  // Inserts the agent, or moves it from `expected_epoch` on; Aborted when the catalog has another epoch.
  virtual base::Task<base::Status> save_agent(AgentRow row, std::optional<std::uint64_t> expected_epoch) = 0;
  virtual base::Task<base::StatusOr<std::vector<AgentRow>>> agents(core::TenantId tenant) = 0;

  virtual base::Task<base::Status> save_fleet(FleetChange change) = 0;
  virtual base::Task<base::StatusOr<FleetRows>> fleet() = 0;

  // Takes or renews the lease for `holder` (not empty): gives the current lease whoever holds it. It is the caller's if
  // `result.holder == holder`. A lease passes to another only after it expired at `now`.
  virtual base::Task<base::StatusOr<Lease>> acquire_lease(std::string name, std::string holder, core::UnixNanos now,
                                                          base::nanoseconds duration) = 0;
  // Ends the lease if `holder` has it; its epoch guards nothing any more.
  virtual base::Task<base::Status> release_lease(std::string name, std::string holder) = 0;

  virtual base::Task<base::Status> heartbeat(NodeRow node) = 0;
  virtual base::Task<base::StatusOr<std::vector<NodeRow>>> nodes() = 0;
  // Starts an epoch for `node`: the last one plus one, durable when it ends.
  virtual base::Task<base::StatusOr<std::uint64_t>> begin_node_epoch(std::string node) = 0;
};

}  // namespace cordwood::catalog
