#include "store/compact/merge.h"

#include <algorithm>

#include "base/hash_map.h"
#include "store/background.h"

namespace cordwood::store {

namespace {

constexpr std::uint64_t kSliceBytes = 1 << 20;

// Where the merge is in one input.
struct Cursor {
  std::shared_ptr<const segment::Part> part;
  std::vector<std::uint32_t> ranks;  // of the part's streams among all
  std::size_t next_block = 0;
  std::shared_ptr<const segment::BlockRows> rows;
  std::size_t row = 0;

  std::uint32_t rank() const { return ranks[rows->streams[row]]; }
  const segment::RowSource& source() const { return part->sources()[rows->sources[row]]; }
};

bool row_before(const Cursor& a, const Cursor& b) {
  if (a.rank() != b.rank()) return a.rank() < b.rank();
  const core::UnixNanos t = a.rows->times[a.row];
  const core::UnixNanos u = b.rows->times[b.row];
  if (t != u) return t < u;
  const core::GenerationId& g = a.source().generation;
  const core::GenerationId& h = b.source().generation;
  if (g != h) return g < h;
  return a.rows->offsets[a.row] < b.rows->offsets[b.row];
}

// Labels of all streams in order; fills the ranks of the cursors.
std::vector<core::SharedLabels> rank_streams(std::vector<Cursor>& cursors) {
  std::vector<const segment::PartStream*> streams;
  base::IntegerMap<core::StreamId, std::uint32_t> ranks;
  for (const Cursor& cursor : cursors) {
    for (const segment::PartStream& stream : cursor.part->streams()) {
      if (ranks.try_emplace(stream.id, 0).second) streams.push_back(&stream);
    }
  }
  std::sort(streams.begin(), streams.end(), [](const auto* a, const auto* b) { return *a->labels < *b->labels; });
  std::vector<core::SharedLabels> labels;
  for (const segment::PartStream* stream : streams) {
    ranks[stream->id] = static_cast<std::uint32_t>(labels.size());
    labels.push_back(stream->labels);
  }
  for (Cursor& cursor : cursors) {
    for (const segment::PartStream& stream : cursor.part->streams()) cursor.ranks.push_back(ranks[stream.id]);
  }
  return labels;
}

// Moves to the next row; reads the next block at the end of one. `rows` is null at the end of the part.
base::Task<base::Status> load_block(Cursor& cursor) {
  cursor.rows.reset();  // before the next one: one block of each input in memory
  cursor.row = 0;
  while (cursor.next_block < cursor.part->blocks().size()) {
    const segment::Columns all;
    base::StatusOr<std::shared_ptr<const segment::BlockRows>> rows =
        co_await cursor.part->read_block(cursor.next_block++, all);
    if (!rows.ok()) co_return rows.status();
    if ((*rows)->size() == 0) continue;
    cursor.rows = *std::move(rows);
    break;
  }
  co_return base::ok_status();
}

void write_row(const Cursor& cursor, segment::SegmentWriter& writer) {
  const segment::BlockRows& rows = *cursor.rows;
  writer.add({rows.times[cursor.row], rows.lines[cursor.row], cursor.source(), rows.offsets[cursor.row],
              rows.line_numbers[cursor.row], rows.flags[cursor.row], rows.metadata_of(cursor.row)});
}

}  // namespace

base::Task<base::Status> merge_parts(base::Executor& executor, std::vector<std::shared_ptr<const segment::Part>> parts,
                                     segment::SegmentWriter& writer) {
  std::vector<Cursor> cursors;
  for (auto& part : parts) cursors.push_back({std::move(part), {}, 0, nullptr, 0});
  const std::vector<core::SharedLabels> labels = rank_streams(cursors);
  for (Cursor& cursor : cursors) {
    base::Status status = co_await load_block(cursor);
    if (!status.ok()) co_return status;
  }
  std::erase_if(cursors, [](const Cursor& cursor) { return cursor.rows == nullptr; });
  std::uint32_t rank = UINT32_MAX;
  std::uint64_t slice_bytes = 0;
  co_await to_background(executor);
  while (!cursors.empty()) {
    // The smallest cursor goes on until it passes the second smallest: runs are long where inputs follow each other.
    auto first = std::min_element(cursors.begin(), cursors.end(), row_before);
    const Cursor* second = nullptr;
    for (const Cursor& cursor : cursors) {
      if (&cursor != &*first && (second == nullptr || row_before(cursor, *second))) second = &cursor;
    }
    do {
      if (first->rank() != rank) {
        rank = first->rank();
        writer.begin_stream(labels[rank]);
      }
      write_row(*first, writer);
      slice_bytes += first->rows->lines[first->row].size() + 32;
      ++first->row;
    } while (first->row < first->rows->size() && slice_bytes < kSliceBytes &&
             (second == nullptr || !row_before(*second, *first)));
    if (slice_bytes >= kSliceBytes) {
      slice_bytes = 0;
      if (!writer.status().ok()) co_return writer.status();
      co_await to_background(executor);
    }
    if (first->row < first->rows->size()) continue;
    base::Status status = co_await load_block(*first);
    if (!status.ok()) co_return status;
    if (first->rows == nullptr) cursors.erase(first);
    co_await to_background(executor);
  }
  co_return base::ok_status();
}

}  // namespace cordwood::store
