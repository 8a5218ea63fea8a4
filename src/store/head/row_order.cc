#include "store/head/row_order.h"

#include <algorithm>
#include <tuple>

namespace cordwood::store {

void StreamMerger::add(const core::SharedLabels& labels, core::StreamId id, RowRun run) {
  const auto [found, is_new] = index_.try_emplace(id, static_cast<std::uint32_t>(streams_.size()));
  if (is_new) streams_.push_back({labels, id, {}});
  streams_[found->second].runs.push_back(run);
}

void StreamMerger::add_chunk(std::uint32_t chunk_index, const Chunk& chunk) {
  for (std::uint32_t s = 0; s < chunk.streams().size(); ++s) {
    const segment::PartStream& stream = chunk.streams()[s];
    add(stream.labels, stream.id, {chunk_index, chunk.first_row(s), chunk.first_row(s + 1)});
  }
}

std::vector<MergedStream> StreamMerger::finish() {
  std::sort(streams_.begin(), streams_.end(), [](const auto& a, const auto& b) { return *a.labels < *b.labels; });
  return std::move(streams_);
}

std::uint32_t first_not_before(const Chunk& chunk, std::uint32_t begin, std::uint32_t end, core::UnixNanos time) {
  while (begin < end) {
    const std::uint32_t middle = begin + (end - begin) / 2;
    if (chunk.time(middle) < time) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

namespace {
bool row_less(const Chunks& chunks, RowRef a, RowRef b) {
  const Chunk& x = *chunks[a.chunk];
  const Chunk& y = *chunks[b.chunk];
  if (x.time(a.row) != y.time(b.row)) return x.time(a.row) < y.time(b.row);
  const core::GenerationId& g = x.source(a.row).generation;
  const core::GenerationId& h = y.source(b.row).generation;
  if (g != h) return g < h;
  return x.offset(a.row) < y.offset(b.row);
}

}  // namespace

void order_rows(const Chunks& chunks, MergedStream& stream, std::vector<RowRef>& out) {
  out.clear();
  std::vector<RowRun>& runs = stream.runs;
  std::sort(runs.begin(), runs.end(), [&chunks](const RowRun& a, const RowRun& b) {
    return row_less(chunks, {a.chunk, a.begin}, {b.chunk, b.begin});
  });
  bool in_order = true;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RowRun& run = runs[i];
    if (i > 0) in_order &= !row_less(chunks, {run.chunk, run.begin}, {runs[i - 1].chunk, runs[i - 1].end - 1});
    for (std::uint32_t row = run.begin; row < run.end; ++row) out.push_back({run.chunk, row});
  }
  if (!in_order) {
    std::sort(out.begin(), out.end(), [&chunks](RowRef a, RowRef b) { return row_less(chunks, a, b); });
  }
}

}  // namespace cordwood::store
