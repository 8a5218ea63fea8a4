#include "store/head/chunk.h"

namespace cordwood::store {

base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> Chunk::read_block(
    std::size_t index, segment::Columns columns) const {
  CHECK(index < blocks_.size());
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i < index; ++i) begin += blocks_[i].rows;
  const std::uint32_t end = begin + blocks_[index].rows;

  auto out = std::make_shared<segment::BlockRows>();
  out->times.assign(times_.begin() + begin, times_.begin() + end);
  out->streams.reserve(end - begin);
  for (std::uint32_t s = blocks_[index].first_stream; s <= blocks_[index].last_stream; ++s) {
    const std::uint32_t rows = std::min(first_rows_[s + 1], end) - std::max(first_rows_[s], begin);
    out->streams.insert(out->streams.end(), rows, s);
  }
  if (columns.lines) {
    out->lines.reserve(end - begin);
    for (std::uint32_t row = begin; row < end; ++row) out->lines.push_back(line(row));
  }
  if (columns.positions) read_positions(begin, end, *out);
  if (columns.metadata && !metadata_begin_.empty()) {
    out->metadata_begin.reserve(end - begin + 1);
    for (std::uint32_t row = begin; row <= end; ++row) {
      out->metadata_begin.push_back(metadata_begin_[row] - metadata_begin_[begin]);
    }
    out->metadata.assign(metadata_.begin() + metadata_begin_[begin], metadata_.begin() + metadata_begin_[end]);
  }
  out->buffers.push_back(shared_from_this());
  co_return out;
}

void Chunk::read_positions(std::uint32_t begin, std::uint32_t end, segment::BlockRows& out) const {
  if (source_indexes_.empty()) {
    out.sources.assign(end - begin, 0);
  } else {
    out.sources.assign(source_indexes_.begin() + begin, source_indexes_.begin() + end);
  }
  out.offsets.assign(offsets_.begin() + begin, offsets_.begin() + end);
  if (line_numbers_.empty()) {
    out.line_numbers.assign(end - begin, 0);
  } else {
    out.line_numbers.assign(line_numbers_.begin() + begin, line_numbers_.begin() + end);
  }
  out.flags.assign(flags_.begin() + begin, flags_.begin() + end);
}

}  // namespace cordwood::store
