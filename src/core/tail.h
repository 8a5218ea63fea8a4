// Live tails: rows of a log query as they arrive. Implemented by query over the door into storage (RecordSink), used by
// api.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/task.h"
#include "core/ids.h"
#include "core/query_runner.h"

namespace cordwood::core {

struct TailRequest {
  TenantId tenant;
  std::string query;  // a log query
  LevelUse levels = LevelUse::kNever;
};

// A row that a slow reader did not get.
struct DroppedRow {
  UnixNanos time;
  SharedLabels labels;
};

struct TailBatch {
  std::vector<Row> rows;            // in the order of arrival; positions have time and stream only
  std::vector<DroppedRow> dropped;  // since the last batch; the first kDroppedNamedMax of them
  std::uint64_t dropped_count = 0;  // all of them
};
inline constexpr std::size_t kDroppedNamedMax = 100;

// One reader at a time. Destroying it ends the subscription.
class TailSubscription {
 public:
  virtual ~TailSubscription() = default;
  // What has arrived since the last call; waits at most `timeout` for something and is empty then. Rows are given after
  // they were acknowledged to their sender, and once.
  virtual base::Task<TailBatch> next(base::nanoseconds timeout) = 0;
};

// Thread-safe.
class Tailer {
 public:
  virtual ~Tailer() = default;
  // Every matching row that is acknowledged after this call is seen. InvalidArgument with Loki's text for a bad query,
  // ResourceExhausted when the tenant has limits.tails_max already.
  virtual base::StatusOr<std::unique_ptr<TailSubscription>> subscribe(TailRequest request) = 0;
};

}  // namespace cordwood::core
