// Limits on what comes from outside, with Loki's names where Loki has them (docs/operating/limits.md). Defaults as in
// interfaces.md and operations.md; a tenant's may differ.
#pragma once

#include <chrono>
#include <cstdint>

namespace cordwood::core {

struct Limits {
  // --- ingest ---
  std::uint64_t body_bytes_max = 64 << 20;                // as it arrives; 413 beyond
  std::uint64_t body_decompressed_bytes_max = 256 << 20;  // 413 beyond
  std::uint64_t line_bytes_max = 16 << 20;
  std::uint32_t label_names_per_series_max = 15;
  std::uint32_t label_name_bytes_max = 1024;
  std::uint32_t label_value_bytes_max = 2048;
  std::uint32_t structured_metadata_entries_max = 128;
  std::uint32_t structured_metadata_bytes_max = 64 << 10;
  // Unnamed senders: a later time is refused. Named ones: stored at arrival time, the original kept as metadata.
  std::chrono::nanoseconds creation_grace_period = std::chrono::minutes(10);

  // Of lines, of one tenant; 0 = no limit. Beyond it 429, or a slice is told to wait.
  std::uint64_t ingestion_rate_bytes = 0;    // a second
  std::uint64_t ingestion_burst_bytes = 0;   // that may come at once; 0 = what comes in a second
  std::uint64_t streams_per_tenant_max = 0;  // written within the last two hours

  // --- queries ---
  std::uint32_t entries_per_query_max = 5000;  // on Loki's paths only
  std::uint32_t query_series_max = 500;        // on Loki's paths only
  std::uint32_t points_per_series_max = 11000;
  std::uint32_t query_bytes_max = 131072;          // of query text
  std::chrono::nanoseconds query_range_max{0};     // of a [range], max_query_range; 0 = none
  std::chrono::nanoseconds query_length_max{0};    // from start to end, max_query_length; 0 = none
  std::chrono::nanoseconds query_lookback_max{0};  // older rows are not looked at, max_query_lookback; 0 = none
  std::chrono::nanoseconds query_timeout = std::chrono::minutes(1);
  std::uint64_t query_memory_bytes_max = 512 << 20;
  // Of one tenant at a time. More wait for their turn, tenants in turn; beyond the queue it is 429.
  std::uint32_t queries_running_max = 32;
  std::uint32_t queries_waiting_max = 1000;
  std::uint32_t tails_max = 2000;          // live tails, max_concurrent_tail_requests
  std::uint64_t query_bytes_read_max = 0;  // of line text looked at, max_query_bytes_read; 0 = none
};

}  // namespace cordwood::core
