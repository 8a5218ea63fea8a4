#include "store/state.h"

#include "codec/little_endian.h"

namespace cordwood::store {

StoreMetrics::StoreMetrics(base::MetricsRegistry& registry)
    : records(registry.counter("cordwood_store_records_total", "Records stored.")),
      line_bytes(registry.counter("cordwood_store_line_bytes_total", "Bytes of lines stored.")),
      repeated_bodies(registry.counter("cordwood_store_repeated_bodies_total",
                                       "Unnamed bodies acknowledged and not stored, because they were stored before.")),
      repeated_lines(
          registry.counter("cordwood_store_repeated_lines_total",
                           "Lines of unnamed bodies not stored, because their stream had them at the same timestamp.")),
      refused_slices(registry.counter("cordwood_store_slices_not_at_mark_total",
                                      "Slices not stored, because they did not begin at the mark.")),
      lost_bytes(registry.counter("cordwood_store_lost_bytes_total", "Bytes that agents reported as gone.")),
      append_waits(
          registry.counter("cordwood_store_append_waits_total", "Requests that waited because the head was full.")),
      head_bytes(registry.gauge("cordwood_head_bytes", "Memory of the head.")),
      head_rows(registry.gauge("cordwood_head_records", "Records in the head.")),
      journal_lost_frames(registry.counter("cordwood_journal_lost_frames_total",
                                           "Acknowledged frames that could not be read at start-up.")),
      flushes(registry.counter("cordwood_flushes_total", "Flushes of the head.")),
      flush_failures(registry.counter("cordwood_flush_failures_total", "Flushes that failed; they are tried again.")),
      flush_latency(registry.histogram("cordwood_flush_seconds", "Time of a flush.")),
      compactions(registry.counter("cordwood_compactions_total", "Merges of segments.")),
      compaction_failures(registry.counter("cordwood_compaction_failures_total", "Merges of segments that failed.")),
      compacted_bytes(
          registry.counter("cordwood_compaction_written_bytes_total", "Bytes of segments written by merges.")),
      objects_deleted(
          registry.counter("cordwood_objects_deleted_total", "Objects of replaced segments and orphans deleted.")),
      expired_records(
          registry.counter("cordwood_dropped_by_retention_records_total",
                           "Records in segments that were dropped because retention keeps them no longer.")),
      budget_records(registry.counter("cordwood_dropped_by_disk_budget_records_total",
                                      "Records in segments that were dropped because the disk budget was spent.")),
      deleted_records(
          registry.counter("cordwood_deleted_records_total", "Records removed from storage by deletion requests.")),
      deletions_waiting(registry.gauge("cordwood_deletions_waiting",
                                       "Deletion requests whose records are hidden and not yet removed.")) {}

StoreState::StoreState(StoreOptions the_options, StoreDependencies dependencies)
    : options(std::move(the_options)),
      deps(dependencies),
      metrics(*deps.metrics),
      agents(*deps.executor, *deps.catalog),
      gate(*deps.executor, options.head_bytes_max),
      stopping(*deps.executor),
      flush_wanted(*deps.executor),
      merge_wanted(*deps.executor),
      compact_wanted(*deps.executor),
      erase_wanted(*deps.executor),
      sources(*deps.executor),
      body_hashes(*deps.executor, options.dedup_window) {}

core::GenerationId StoreState::frame_generation(std::uint64_t frame_epoch, std::uint64_t sequence) const {
  std::string name = options.node;
  codec::append_le(name, frame_epoch);
  return {{base::hash64(name), sequence}};
}

void StoreState::update_head_gauges() {
  metrics.head_bytes.set(static_cast<std::int64_t>(head.bytes()));
  metrics.head_rows.set(static_cast<std::int64_t>(head.rows()));
}

}  // namespace cordwood::store
