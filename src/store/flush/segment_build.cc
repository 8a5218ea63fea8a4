#include "store/flush/segment_build.h"

#include <map>

#include "segment/writer.h"
#include "store/flush/days.h"

namespace cordwood::store {

namespace {

// Rows given to the writer between two yields; the compression of a block inside takes the most of a slice.
constexpr std::uint64_t kSliceBytes = 1 << 20;
// One row, as the writer counts it between yields, beside its line.
constexpr std::uint64_t kRowBytes = 32;

using Days = std::map<std::int32_t, StreamMerger, std::greater<>>;

void add_runs_by_day(std::uint32_t index, const Chunk& chunk, Days& days) {
  for (std::uint32_t s = 0; s < chunk.streams().size(); ++s) {
    const segment::PartStream& stream = chunk.streams()[s];
    const std::uint32_t end = chunk.first_row(s + 1);
    for (std::uint32_t begin = chunk.first_row(s); begin < end;) {
      const std::int32_t day = day_of(chunk.time(begin));
      const bool one_day = day_of(chunk.time(end - 1)) == day;
      const std::uint32_t day_end = one_day ? end : first_not_before(chunk, begin, end, end_of_day(day));
      days[day].add(stream.labels, stream.id, {index, begin, day_end});
      begin = day_end;
    }
  }
}

base::Task<void> add_streams(StoreState& state, const Chunks& chunks, std::vector<MergedStream> streams,
                             segment::SegmentWriter& writer) {
  std::vector<RowRef> order;
  std::uint64_t slice_bytes = 0;
  for (MergedStream& stream : streams) {
    writer.begin_stream(stream.labels);
    order_rows(chunks, stream, order);
    for (const RowRef ref : order) {
      const Chunk& chunk = *chunks[ref.chunk];
      const std::string_view line = chunk.line(ref.row);
      writer.add({chunk.time(ref.row), line, chunk.source(ref.row), chunk.offset(ref.row), chunk.line_number(ref.row),
                  chunk.flags(ref.row), chunk.metadata(ref.row)});
      slice_bytes += line.size() + kRowBytes;
      if (slice_bytes < kSliceBytes) continue;
      slice_bytes = 0;
      co_await state.executor().yield();
    }
  }
}

}  // namespace

std::string new_segment_key(StoreState& state, const core::TenantId& tenant, std::int32_t day) {
  const base::Hash128 id{static_cast<std::uint64_t>(state.executor().clock().now().value), state.deps.random->next()};
  return fmt::format("segments/{}/{}/{}", tenant.value, day_name(day), base::to_hex(id));
}

base::Task<base::Status> write_day_segments(StoreState& state, core::TenantId tenant, Chunks chunks,
                                            std::vector<catalog::PartRow>& written) {
  Days days;
  for (std::uint32_t i = 0; i < chunks.size(); ++i) {
    add_runs_by_day(i, *chunks[i], days);
    co_await state.executor().yield();
  }
  for (auto& [day, merger] : days) {
    auto bytes = std::make_shared<std::string>();
    segment::StringSink sink(*bytes);
    segment::SegmentWriter writer(sink, {});
    std::vector<MergedStream> streams = merger.finish();
    co_await add_streams(state, chunks, std::move(streams), writer);
    base::StatusOr<segment::SegmentStats> stats = writer.finish();
    if (!stats.ok()) co_return stats.status();

    catalog::PartRow row;
    row.tenant = tenant;
    row.partition_day = day;
    row.level = 1;
    row.object_key = new_segment_key(state, tenant, day);
    row.times = stats->times;
    row.records = stats->records;
    row.raw_bytes = stats->raw_bytes;
    row.stored_bytes = stats->stored_bytes;
    std::string key = row.object_key;
    written.push_back(std::move(row));
    std::shared_ptr<const std::string> object = std::move(bytes);
    base::Status put = co_await state.deps.objects->put(std::move(key), std::move(object));
    if (!put.ok()) co_return put;
  }
  co_return base::ok_status();
}

}  // namespace cordwood::store
