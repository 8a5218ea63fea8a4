// StoreAdmin: what an operator may ask of the store. Implemented by store, used by api.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/task.h"
#include "core/ids.h"
#include "core/time_range.h"

namespace cordwood::core {

// The facts of /api/v1/status. Names as in interfaces.md.
struct StoreStatus {
  std::uint64_t stored_bytes = 0;  // all bytes of live objects, indexes included; journal and catalog not
  std::uint64_t raw_bytes = 0;     // lines of live records plus one byte each, head included
  std::uint64_t records = 0;       // live, head included
  std::uint64_t parts = 0;
  std::uint64_t journal_bytes = 0;
  std::uint64_t head_bytes = 0;  // memory of the head
  std::uint64_t head_records = 0;
  std::uint64_t streams = 0;  // in the head
  std::uint64_t disk_budget_bytes = 0;
  std::uint64_t deletions_waiting = 0;  // hidden, not yet removed from storage
};

// --- deletion -----------------------------------------------------------------------------------------------------

struct DeletionRequest {
  TenantId tenant;
  // LogQL: a selector, and filters on the line or on labels behind it if wanted; no stage that changes the line.
  std::string query;
  TimeRange range;  // of the records' times
};

enum class DeletionState {
  kHidden,   // no query finds the records; segments still hold them
  kRemoved,  // no live segment holds them; objects of replaced segments go `snapshot_life` later
};

struct DeletionStatus {
  std::string id;
  DeletionRequest request;
  UnixNanos created;
  DeletionState state = DeletionState::kHidden;
  std::uint64_t parts_waiting = 0;  // live segments that may still hold such records
  std::uint64_t records_removed = 0;
  std::optional<UnixNanos> removed;  // when it came to kRemoved
};

// --- retention ----------------------------------------------------------------------------------------------------

// How long the records of a tenant's streams are kept, by the age of their time. The first rule, in the order of
// retention(), whose selector matches a stream decides, when the stream's records are flushed; the rule without a
// selector is for the streams that no other matches, and for all segments of rules that are gone. Whole segments are
// dropped, which hold at most a day.
struct RetentionRule {
  TenantId tenant;
  std::string selector;               // a LogQL stream selector; empty: all other streams
  base::nanoseconds keep{0};          // 0 = no limit by age
  std::uint32_t retention_class = 0;  // given by the store; 0 is the rule without a selector
};

// --- looking at what is stored --------------------------------------------------------------------------------------

struct PartFacts {
  TenantId tenant;
  std::string object_key;
  std::string day;  // of event time, UTC: "2026-11-23"
  std::uint32_t level = 0;
  std::uint32_t retention_class = 0;
  TimeSpan times;
  std::uint64_t records = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t stored_bytes = 0;
};

struct JournalFileFacts {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;  // first_sequence - 1 when it holds no frame
  bool damaged = false;             // acknowledged frames in it could not be read at start-up
};
struct JournalFacts {
  std::string node;
  std::uint64_t epoch = 0;
  std::uint64_t flushed_through = 0;
  std::uint64_t committed_through = 0;
  std::vector<JournalFileFacts> files;  // oldest first
};

// Every checksum of every live segment was computed, and its figures compared with the catalog's.
struct VerifyReport {
  std::uint64_t parts = 0;
  std::uint64_t blocks = 0;
  std::uint64_t records = 0;
  std::uint64_t stored_bytes = 0;
  std::vector<std::string> faults;  // one text each, naming the object; at most 1,000
  bool ok() const { return faults.empty(); }
};

// What a copy of the installation consists of; docs/operating/backup.md.
struct BackupFacts {
  std::string id;
  UnixNanos until;  // ends by itself then, so that a forgotten backup does not fill the disk
  std::vector<std::string> object_keys;
};

// Thread-safe. Requests that an implementation does not know are answered Unimplemented.
class StoreAdmin {
 public:
  virtual ~StoreAdmin() = default;
  // Ends when everything that was in the head at the call is in segments.
  virtual base::Task<base::Status> flush() = 0;
  // Ends when nothing is left to merge of what is in segments at the call, and no deletion waits.
  virtual base::Task<base::Status> compact() = 0;
  virtual base::Task<base::StatusOr<StoreStatus>> status() = 0;

  // Hides the records stored so far that match, durably, when it ends; gives the id. Records that arrive later are not
  // touched. Maintenance removes them from storage soon after; compact() waits for that.
  // InvalidArgument with Loki's text for a query that is not LogQL or that changes lines.
  virtual base::Task<base::StatusOr<std::string>> request_deletion(DeletionRequest request);
  // Oldest first; removed ones are remembered for 30 days.
  virtual base::Task<base::StatusOr<std::vector<DeletionStatus>>> deletions(TenantId tenant);
  // Shows the records again. NotFound; FailedPrecondition when the removal has begun.
  virtual base::Task<base::Status> cancel_deletion(TenantId tenant, std::string id);

  virtual base::Task<base::StatusOr<std::vector<RetentionRule>>> retention(TenantId tenant);
  // Adds the rule, or changes the one with this selector. InvalidArgument for a bad selector; ResourceExhausted when
  // the tenant has kRetentionRulesMax already.
  virtual base::Task<base::Status> set_retention(RetentionRule rule);
  // NotFound when there is no rule with this selector.
  virtual base::Task<base::Status> remove_retention(TenantId tenant, std::string selector);

  // Live segments, newest first; of all tenants when nullopt.
  virtual base::Task<base::StatusOr<std::vector<PartFacts>>> list_parts(std::optional<TenantId> tenant);
  virtual base::Task<base::StatusOr<JournalFacts>> journal_facts();
  // Reads everything: it may take long.
  virtual base::Task<base::StatusOr<VerifyReport>> verify();

  // Flushes, and from then on deletes no object until end_backup or `lasts` has passed.
  virtual base::Task<base::StatusOr<BackupFacts>> begin_backup(base::nanoseconds lasts);
  virtual base::Task<base::Status> end_backup(std::string id);
};

// Beside the rule without a selector.
inline constexpr std::size_t kRetentionRulesMax = 7;

}  // namespace cordwood::core
