// What the stages of the store share. One mutex guards everything that must change together: the rows of the head, the
// marks, the body hashes, and the list of live segments. A frame becomes visible in all of them in one critical section
// (appender.cc), and leaves the head for the segments in another (flush/flusher.cc); a snapshot is a third.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/sync.h"
#include "store/byte_gate.h"
#include "store/deletions/deletion_table.h"
#include "store/head/head.h"
#include "store/journal/journal.h"
#include "store/live_parts.h"
#include "store/marks/agent_table.h"
#include "store/marks/body_hashes.h"
#include "store/marks/recent_lines.h"
#include "store/marks/source_table.h"
#include "store/options.h"
#include "store/retention/retention_table.h"

namespace cordwood::store {

struct StoreMetrics {
  explicit StoreMetrics(base::MetricsRegistry& registry);
  base::Counter& records;
  base::Counter& line_bytes;
  base::Counter& repeated_bodies;
  base::Counter& repeated_lines;
  base::Counter& refused_slices;
  base::Counter& lost_bytes;
  base::Counter& append_waits;
  base::Gauge& head_bytes;
  base::Gauge& head_rows;
  base::Counter& journal_lost_frames;
  base::Counter& flushes;
  base::Counter& flush_failures;
  base::Histogram& flush_latency;
  base::Counter& compactions;
  base::Counter& compaction_failures;
  base::Counter& compacted_bytes;
  base::Counter& objects_deleted;
  base::Counter& expired_records;
  base::Counter& budget_records;
  base::Counter& deleted_records;
  base::Gauge& deletions_waiting;
};

struct StoreState {
  StoreState(StoreOptions options, StoreDependencies dependencies);

  base::Executor& executor() const { return *deps.executor; }
  std::string journal_directory() const { return options.data_directory + "/journal"; }
  // The generation that rows of an unnamed body have: the name of its frame.
  core::GenerationId frame_generation(std::uint64_t frame_epoch, std::uint64_t sequence) const;
  void update_head_gauges() REQUIRES(mutex);

  const StoreOptions options;
  const StoreDependencies deps;
  StoreMetrics metrics;
  std::uint64_t epoch = 0;
  std::uint64_t disk_budget_bytes = 0;
  std::unique_ptr<journal::Journal> journal;
  AgentTable agents;
  RecentLines recent_lines;
  ByteGate gate;

  base::Event stopping;  // set once: loops end, pauses are cut short
  base::Event flush_wanted;
  base::Event merge_wanted;
  base::Event compact_wanted;
  base::Event erase_wanted;

  mutable base::Mutex mutex;
  Head head GUARDED_BY(mutex);
  SourceTable sources GUARDED_BY(mutex);
  BodyHashes body_hashes GUARDED_BY(mutex);
  LiveParts parts GUARDED_BY(mutex);
  DeletionTable deletions GUARDED_BY(mutex);
  RetentionTable retention GUARDED_BY(mutex);
  // Every frame up to `published` is in head or parts; up to `flushed_through` in parts.
  std::uint64_t published GUARDED_BY(mutex) = 0;
  std::uint64_t flushed_through GUARDED_BY(mutex) = 0;
  // When the first frame was published that no flush has begun to carry away; none: there is no such frame.
  std::optional<base::MonotonicNanos> active_since GUARDED_BY(mutex);
};

}  // namespace cordwood::store
