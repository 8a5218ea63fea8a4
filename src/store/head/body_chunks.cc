#include "store/head/body_chunks.h"

namespace cordwood::store {

base::Status check_slices(const core::RecordBatch& batch) {
  for (std::size_t i = 0; i < batch.slices.size(); ++i) {
    const core::Slice& slice = batch.slices[i];
    if (slice.source >= batch.sources.size() || slice.record_begin > slice.record_end ||
        slice.record_end > batch.records.size()) {
      return base::invalid_argument_error("slice {} names source {} of {} and records {} to {} of {}", i, slice.source,
                                          batch.sources.size(), slice.record_begin, slice.record_end,
                                          batch.records.size());
    }
  }
  return base::ok_status();
}

BodyRows named_rows(const core::RecordBatch& batch, const std::vector<bool>& stored_slices) {
  BodyRows out;
  for (std::size_t i = 0; i < batch.slices.size(); ++i) {
    const core::Slice& slice = batch.slices[i];
    if (!stored_slices[i] || slice.record_begin == slice.record_end) continue;
    const auto source = static_cast<std::uint32_t>(out.sources.size());
    out.sources.push_back({batch.sources[slice.source].id.generation, true});
    for (std::uint32_t record = slice.record_begin; record < slice.record_end; ++record) {
      out.rows.push_back({record, source, batch.records[record].offset});
    }
  }
  return out;
}

BodyRows unnamed_rows(const core::RecordBatch& batch, const std::vector<std::uint32_t>& skipped) {
  BodyRows out;
  out.sources.push_back({});
  out.rows.reserve(batch.records.size() - skipped.size());
  auto skip = skipped.begin();
  for (std::uint32_t record = 0; record < batch.records.size(); ++record) {
    if (skip != skipped.end() && *skip == record) {
      ++skip;
      continue;
    }
    out.rows.push_back({record, 0, out.rows.size()});
  }
  return out;
}

std::vector<std::uint32_t> merge_refused(const std::vector<std::uint32_t>& refused,
                                         const std::vector<std::uint32_t>& skipped) {
  std::vector<std::uint32_t> out;
  out.reserve(refused.size() + skipped.size());
  auto next = refused.begin();
  for (const std::uint32_t index : skipped) {
    // Record `index` of the batch is record `index + n` of the body when n refused records come before it.
    while (next != refused.end() && *next <= index + static_cast<std::uint32_t>(next - refused.begin()))
      out.push_back(*next++);
    out.push_back(index + static_cast<std::uint32_t>(next - refused.begin()));
  }
  out.insert(out.end(), next, refused.end());
  return out;
}

base::Task<std::vector<std::shared_ptr<Chunk>>> make_chunks(base::Executor& executor, const core::RecordBatch& batch,
                                                            BodyRows body) {
  std::vector<std::shared_ptr<Chunk>> chunks;
  if (body.rows.empty()) co_return chunks;
  const BatchStreams streams(batch);
  std::span<const BodyRow> left(body.rows);
  while (!left.empty()) {
    const std::size_t count = rows_of_next_chunk(batch, left);
    std::vector<BodyRow> rows(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
    left = left.subspan(count);
    chunks.push_back(make_chunk(batch, streams, body.sources, std::move(rows)));
    if (!left.empty()) co_await executor.yield();
  }
  co_return chunks;
}

}  // namespace cordwood::store
