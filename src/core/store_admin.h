// StoreAdmin: what an operator may ask of the store. Implemented by store, used by api.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "base/task.h"

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
};

// Thread-safe.
class StoreAdmin {
 public:
  virtual ~StoreAdmin() = default;
  // Ends when everything that was in the head at the call is in segments.
  virtual base::Task<base::Status> flush() = 0;
  // Ends when nothing is left to merge.
  virtual base::Task<base::Status> compact() = 0;
  virtual base::Task<base::StatusOr<StoreStatus>> status() = 0;
};

}  // namespace cordwood::core
