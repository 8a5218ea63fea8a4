#include "store/flush/segment_build.h"

#include <map>

#include "base/hash_map.h"
#include "segment/writer.h"
#include "store/background.h"
#include "store/deletions/row_filter.h"
#include "store/flush/days.h"

namespace cordwood::store {

namespace {

// Rows given to the writer between two yields; the compression of a block inside takes the most of a slice.
constexpr std::uint64_t kSliceBytes = 1 << 20;
// One row, as the writer counts it between yields, beside its line.
constexpr std::uint64_t kRowBytes = 32;

// Newest day first.
struct Partition {
  std::int32_t day = 0;
  std::uint32_t retention_class = 0;
  bool operator<(const Partition& other) const {
    return day != other.day ? day > other.day : retention_class < other.retention_class;
  }
};
using Partitions = std::map<Partition, StreamMerger>;
// Of the streams seen in this flush.
using Classes = base::IntegerMap<core::StreamId, std::uint32_t>;

std::uint32_t class_of(const segment::PartStream& stream, const TenantRetention* retention, Classes& classes) {
  if (retention == nullptr) return 0;
  const auto [found, is_new] = classes.try_emplace(stream.id, 0);
  if (is_new) found->second = retention->class_of(*stream.labels);
  return found->second;
}

void add_runs(std::uint32_t index, const Chunk& chunk, const TenantRetention* retention, Classes& classes,
              Partitions& partitions) {
  for (std::uint32_t s = 0; s < chunk.streams().size(); ++s) {
    const segment::PartStream& stream = chunk.streams()[s];
    const std::uint32_t retention_class = class_of(stream, retention, classes);
    const std::uint32_t end = chunk.first_row(s + 1);
    for (std::uint32_t begin = chunk.first_row(s); begin < end;) {
      const std::int32_t day = day_of(chunk.time(begin));
      const bool one_day = day_of(chunk.time(end - 1)) == day;
      const std::uint32_t day_end = one_day ? end : first_not_before(chunk, begin, end, end_of_day(day));
      partitions[{day, retention_class}].add(stream.labels, stream.id, {index, begin, day_end});
      begin = day_end;
    }
  }
}

// The filters of the chunks; empty when no row of any is deleted.
class ChunkFilters {
 public:
  explicit ChunkFilters(const std::vector<Deletions>& deletions) {
    for (const Deletions& of_chunk : deletions) any_ = any_ || !of_chunk.empty();
    if (!any_) return;
    for (const Deletions& of_chunk : deletions) filters_.emplace_back(of_chunk);
  }
  void begin_stream(const core::Labels& labels) {
    for (RowFilter& filter : filters_) filter.begin_stream(labels);
  }
  bool is_deleted(const Chunk& chunk, RowRef ref) {
    if (!any_) return false;
    RowFilter& filter = filters_[ref.chunk];
    return !filter.spares_stream() &&
           filter.is_deleted(chunk.time(ref.row), chunk.line(ref.row), chunk.metadata(ref.row));
  }
  void add_counts(std::vector<catalog::Change::Removed>& out) const {
    for (const RowFilter& filter : filters_) filter.add_counts(out);
  }

 private:
  bool any_ = false;
  std::vector<RowFilter> filters_;
};

base::Task<void> add_streams(StoreState& state, const Chunks& chunks, std::vector<MergedStream> streams,
                             ChunkFilters& filters, segment::SegmentWriter& writer) {
  std::vector<RowRef> order;
  std::uint64_t slice_bytes = 0;
  co_await to_background(state.executor());
  for (MergedStream& stream : streams) {
    writer.begin_stream(stream.labels);
    filters.begin_stream(*stream.labels);
    order_rows(chunks, stream, order);
    for (const RowRef ref : order) {
      const Chunk& chunk = *chunks[ref.chunk];
      if (filters.is_deleted(chunk, ref)) continue;
      const std::string_view line = chunk.line(ref.row);
      writer.add({chunk.time(ref.row), line, chunk.source(ref.row), chunk.offset(ref.row), chunk.line_number(ref.row),
                  chunk.flags(ref.row), chunk.metadata(ref.row)});
      slice_bytes += line.size() + kRowBytes;
      if (slice_bytes < kSliceBytes) continue;
      slice_bytes = 0;
      co_await to_background(state.executor());
    }
  }
}

}  // namespace

std::string new_segment_key(StoreState& state, const core::TenantId& tenant, std::int32_t day) {
  const base::Hash128 id{static_cast<std::uint64_t>(state.executor().clock().now().value), state.deps.random->next()};
  return fmt::format("segments/{}/{}/{}", tenant.value, day_name(day), base::to_hex(id));
}

base::Task<base::Status> write_day_segments(StoreState& state, TenantRows rows, WrittenParts& written) {
  Partitions partitions;
  Classes classes;
  for (std::uint32_t i = 0; i < rows.chunks.size(); ++i) {
    add_runs(i, *rows.chunks[i], rows.retention.get(), classes, partitions);
    co_await state.executor().yield();
  }
  ChunkFilters filters(rows.deletions);
  for (auto& [partition, merger] : partitions) {
    auto bytes = std::make_shared<std::string>();
    segment::StringSink sink(*bytes);
    segment::SegmentWriter writer(sink, {});
    std::vector<MergedStream> streams = merger.finish();
    co_await add_streams(state, rows.chunks, std::move(streams), filters, writer);
    if (writer.records() == 0) continue;  // every row was deleted
    base::StatusOr<segment::SegmentStats> stats = writer.finish();
    if (!stats.ok()) co_return stats.status();

    catalog::PartRow row;
    row.tenant = rows.tenant;
    row.partition_day = partition.day;
    row.level = 1;
    row.retention_class = partition.retention_class;
    row.object_key = new_segment_key(state, rows.tenant, partition.day);
    row.times = stats->times;
    row.records = stats->records;
    row.raw_bytes = stats->raw_bytes;
    row.stored_bytes = stats->stored_bytes;
    row.deletions_applied = rows.deletions_applied;
    std::string key = row.object_key;
    written.parts.push_back(std::move(row));
    std::shared_ptr<const std::string> object = std::move(bytes);
    base::Status put = co_await state.deps.objects->put(std::move(key), std::move(object));
    if (!put.ok()) co_return put;
  }
  filters.add_counts(written.removed);
  co_return base::ok_status();
}

}  // namespace cordwood::store
