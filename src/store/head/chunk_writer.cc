#include "store/head/chunk_writer.h"

#include <algorithm>
#include <cstring>

#include "store/head/row_order.h"

namespace cordwood::store {

namespace {
// What a stream costs beside its entry in the table: labels as strings. An estimate, because labels are shared.
constexpr std::uint64_t kLabelsBytes = 200;

template <typename T>
std::uint64_t bytes_of(const std::vector<T>& column) {
  return column.capacity() * sizeof(T);
}
}  // namespace

ChunkWriter::ChunkWriter(std::uint32_t rows, std::uint64_t line_bytes, std::uint64_t metadata_bytes,
                         std::uint64_t metadata_pairs)
    : chunk_(std::make_shared<Chunk>()), metadata_at_(line_bytes), text_bytes_(line_bytes + metadata_bytes) {
  CHECK(line_bytes <= UINT32_MAX);
  chunk_->text_ = std::make_unique_for_overwrite<char[]>(text_bytes_);
  chunk_->line_bytes_ = line_bytes;
  chunk_->times_.reserve(rows);
  chunk_->line_ends_.reserve(rows);
  chunk_->source_indexes_.reserve(rows);
  chunk_->offsets_.reserve(rows);
  chunk_->line_numbers_.reserve(rows);
  chunk_->flags_.reserve(rows);
  if (metadata_pairs > 0) {
    chunk_->metadata_begin_.reserve(rows + 1);
    chunk_->metadata_begin_.push_back(0);
    chunk_->metadata_.reserve(metadata_pairs);
  }
}

std::uint32_t ChunkWriter::add_source(const segment::RowSource& source) {
  any_named_ |= source.named;
  chunk_->sources_.push_back(source);
  return static_cast<std::uint32_t>(chunk_->sources_.size() - 1);
}

void ChunkWriter::begin_stream(core::SharedLabels labels, core::StreamId id) {
  chunk_->first_rows_.push_back(chunk_->rows());
  chunk_->streams_.push_back({std::move(labels), id, {}, 0, 0});
}

std::string_view ChunkWriter::copy(std::string_view text) {
  char* const to = chunk_->text_.get() + metadata_at_;
  std::memcpy(to, text.data(), text.size());
  metadata_at_ += text.size();
  return {to, text.size()};
}

void ChunkWriter::add(core::UnixNanos time, std::string_view line, std::uint32_t source, std::uint64_t offset,
                      std::uint64_t line_number, core::RecordFlags flags,
                      std::span<const core::MetadataPair> metadata) {
  Chunk& chunk = *chunk_;
  std::memcpy(chunk.text_.get() + lines_at_, line.data(), line.size());
  lines_at_ += line.size();
  chunk.line_ends_.push_back(static_cast<std::uint32_t>(lines_at_));
  chunk.times_.push_back(time);
  chunk.source_indexes_.push_back(source);
  chunk.offsets_.push_back(offset);
  chunk.line_numbers_.push_back(line_number);
  chunk.flags_.push_back(flags);
  for (const core::MetadataPair& pair : metadata) chunk.metadata_.push_back({copy(pair.name), copy(pair.value)});
  if (!chunk.metadata_begin_.empty())
    chunk.metadata_begin_.push_back(static_cast<std::uint32_t>(chunk.metadata_.size()));
}

std::shared_ptr<Chunk> ChunkWriter::finish() {
  Chunk& chunk = *chunk_;
  chunk.first_rows_.push_back(chunk.rows());
  if (chunk.sources_.size() == 1) std::vector<std::uint32_t>().swap(chunk.source_indexes_);
  if (!any_named_) std::vector<std::uint64_t>().swap(chunk.line_numbers_);
  finish_streams();
  cut_blocks();
  chunk.memory_bytes_ = sizeof(Chunk) + text_bytes_ + bytes_of(chunk.streams_) + chunk.streams_.size() * kLabelsBytes +
                        bytes_of(chunk.first_rows_) + bytes_of(chunk.sources_) + bytes_of(chunk.blocks_) +
                        bytes_of(chunk.times_) + bytes_of(chunk.line_ends_) + bytes_of(chunk.source_indexes_) +
                        bytes_of(chunk.offsets_) + bytes_of(chunk.line_numbers_) + bytes_of(chunk.flags_) +
                        bytes_of(chunk.metadata_begin_) + bytes_of(chunk.metadata_);
  return std::move(chunk_);
}

void ChunkWriter::finish_streams() {
  Chunk& chunk = *chunk_;
  for (std::size_t s = 0; s < chunk.streams_.size(); ++s) {
    const std::uint32_t begin = chunk.first_rows_[s];
    const std::uint32_t end = chunk.first_rows_[s + 1];
    segment::PartStream& stream = chunk.streams_[s];
    stream.records = end - begin;
    stream.line_bytes = chunk.line_ends_[end - 1] - (begin == 0 ? 0 : chunk.line_ends_[begin - 1]);
    stream.times = {chunk.times_[begin], chunk.times_[end - 1]};
    chunk.span_.include(stream.times);
  }
}

void ChunkWriter::cut_blocks() {
  Chunk& chunk = *chunk_;
  std::uint32_t stream = 0;
  for (std::uint32_t begin = 0; begin < chunk.rows();) {
    const std::uint32_t end = std::min(chunk.rows(), begin + kChunkRowsMax);
    segment::BlockInfo block;
    block.rows = end - begin;
    block.line_bytes = chunk.line_ends_[end - 1] - (begin == 0 ? 0 : chunk.line_ends_[begin - 1]);
    while (chunk.first_rows_[stream + 1] <= begin) ++stream;
    block.first_stream = stream;
    while (chunk.first_rows_[stream + 1] < end) ++stream;
    block.last_stream = stream;
    for (std::uint32_t s = block.first_stream; s <= block.last_stream; ++s) {
      block.times.include(chunk.times_[std::max(begin, chunk.first_rows_[s])]);
      block.times.include(chunk.times_[std::min(end, chunk.first_rows_[s + 1]) - 1]);
    }
    chunk.blocks_.push_back(block);
    begin = end;
  }
}

BatchStreams::BatchStreams(const core::RecordBatch& batch) : rank(batch.streams.size()) {
  std::vector<std::uint32_t> order(batch.streams.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&batch](std::uint32_t a, std::uint32_t b) { return *batch.streams[a].labels < *batch.streams[b].labels; });
  for (const std::uint32_t stream : order) {
    if (by_rank.empty() || batch.streams[by_rank.back()].id != batch.streams[stream].id) by_rank.push_back(stream);
    rank[stream] = static_cast<std::uint32_t>(by_rank.size() - 1);
  }
}

std::size_t rows_of_next_chunk(const core::RecordBatch& batch, std::span<const BodyRow> rows) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  while (count < rows.size() && count < kChunkRowsMax) {
    bytes += batch.records[rows[count].record].line.size();
    if (count > 0 && bytes > kChunkLineBytesMax) break;
    ++count;
  }
  return count;
}

namespace {

// Sorts rows by stream with a counting sort (few streams, many rows), then each stream's rows unless they came in
// order.
std::vector<BodyRow> sort_body_rows(const core::RecordBatch& batch, const BatchStreams& streams,
                                    std::span<const segment::RowSource> sources, const std::vector<BodyRow>& rows) {
  std::vector<std::uint32_t> ends(streams.by_rank.size() + 1, 0);
  for (const BodyRow& row : rows) ++ends[streams.rank[batch.records[row.record].stream] + 1];
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  std::vector<std::uint32_t> next(ends.begin(), ends.end() - 1);
  std::vector<BodyRow> sorted(rows.size());
  for (const BodyRow& row : rows) sorted[next[streams.rank[batch.records[row.record].stream]]++] = row;

  const auto less = [&](const BodyRow& a, const BodyRow& b) {
    const core::UnixNanos t = batch.records[a.record].time;
    const core::UnixNanos u = batch.records[b.record].time;
    if (t != u) return t < u;
    if (a.source != b.source) return sources[a.source].generation < sources[b.source].generation;
    return a.offset < b.offset;
  };
  for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
    const auto begin = sorted.begin() + ends[i];
    const auto end = sorted.begin() + ends[i + 1];
    if (!std::is_sorted(begin, end, less)) std::sort(begin, end, less);
  }
  return sorted;
}

}  // namespace

std::shared_ptr<Chunk> make_chunk(const core::RecordBatch& batch, const BatchStreams& streams,
                                  std::span<const segment::RowSource> sources, std::vector<BodyRow> rows) {
  rows = sort_body_rows(batch, streams, sources, rows);
  std::uint64_t line_bytes = 0;
  std::uint64_t metadata_bytes = 0;
  std::uint64_t metadata_pairs = 0;
  for (const BodyRow& row : rows) {
    const core::Record& record = batch.records[row.record];
    line_bytes += record.line.size();
    metadata_pairs += record.metadata_count;
    for (std::uint32_t i = 0; i < record.metadata_count; ++i) {
      const core::MetadataPair& pair = batch.metadata[record.metadata_begin + i];
      metadata_bytes += pair.name.size() + pair.value.size();
    }
  }
  ChunkWriter writer(static_cast<std::uint32_t>(rows.size()), line_bytes, metadata_bytes, metadata_pairs);
  for (const segment::RowSource& source : sources) writer.add_source(source);
  std::uint32_t stream = UINT32_MAX;
  for (const BodyRow& row : rows) {
    const core::Record& record = batch.records[row.record];
    const std::uint32_t rank = streams.rank[record.stream];
    if (rank != stream) {
      const core::BatchStream& own = batch.streams[streams.by_rank[rank]];
      writer.begin_stream(own.labels, own.id);
      stream = rank;
    }
    writer.add(record.time, record.line, row.source, row.offset, record.line_number, record.flags,
               std::span(batch.metadata).subspan(record.metadata_begin, record.metadata_count));
  }
  return writer.finish();
}

std::shared_ptr<const Chunk> merge_chunks(std::span<const std::shared_ptr<const Chunk>> span) {
  const Chunks chunks(span.begin(), span.end());
  std::uint32_t rows = 0;
  std::uint64_t line_bytes = 0;
  std::uint64_t metadata_bytes = 0;
  std::uint64_t metadata_pairs = 0;
  StreamMerger merger;
  for (std::uint32_t i = 0; i < chunks.size(); ++i) {
    const Chunk& chunk = *chunks[i];
    merger.add_chunk(i, chunk);
    rows += chunk.rows();
    line_bytes += chunk.line_bytes();
    for (std::uint32_t row = 0; row < chunk.rows(); ++row) {
      for (const core::MetadataPair& pair : chunk.metadata(row)) {
        ++metadata_pairs;
        metadata_bytes += pair.name.size() + pair.value.size();
      }
    }
  }
  ChunkWriter writer(rows, line_bytes, metadata_bytes, metadata_pairs);
  base::IntegerMap<core::GenerationId, std::uint32_t> sources;
  std::vector<RowRef> order;
  std::vector<MergedStream> streams = merger.finish();
  for (MergedStream& stream : streams) {
    writer.begin_stream(stream.labels, stream.id);
    order_rows(chunks, stream, order);
    for (const RowRef ref : order) {
      const Chunk& chunk = *chunks[ref.chunk];
      const segment::RowSource& source = chunk.source(ref.row);
      const auto [found, is_new] = sources.try_emplace(source.generation, 0);
      if (is_new) found->second = writer.add_source(source);
      writer.add(chunk.time(ref.row), chunk.line(ref.row), found->second, chunk.offset(ref.row),
                 chunk.line_number(ref.row), chunk.flags(ref.row), chunk.metadata(ref.row));
    }
  }
  std::shared_ptr<Chunk> merged = writer.finish();
  merged->set_deletions_applied(chunks.front()->deletions_applied());
  return merged;
}

}  // namespace cordwood::store
