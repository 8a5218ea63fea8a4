#include "store/head/spilled_chunk.h"

namespace cordwood::store {

base::StatusOr<journal::ReplayedFrame> SpilledFrame::read() const {
  journal::FileScanner scanner(*file_->file, file_->bytes, file_->salt);
  ASSIGN_OR_RETURN(std::optional<journal::ScannedFrame> found, scanner.frame_at(offset_));
  if (!found.has_value() || found->prologue.sequence != sequence_) {
    return base::data_loss_error("journal {}: offset={}: the frame with sequence {} is not there any more", file_->path,
                                 offset_, sequence_);
  }
  journal::ReplayedFrame frame;
  frame.sequence = sequence_;
  frame.offset = offset_;
  ASSIGN_OR_RETURN(frame.header,
                   journal::decode_frame_header(found->header, file_->path, found->offset + journal::kPrologueBytes));
  frame.body = std::move(found->body);
  return frame;
}

base::Task<base::StatusOr<std::vector<std::shared_ptr<Chunk>>>> SpilledFrame::load() const {
  base::StatusOr<journal::ReplayedFrame> frame = co_await executor_.blocking([this] { return read(); });
  if (!frame.ok()) co_return frame.status();
  base::StatusOr<FrameRows> rows = co_await decode_frame(executor_, decoder_, *frame, generation_);
  if (!rows.ok()) co_return rows.status();
  for (const auto& chunk : rows->chunks) chunk->set_deletions_applied(deletions_applied_);
  co_return std::move(rows->chunks);
}

SpilledChunk::SpilledChunk(std::shared_ptr<const SpilledFrame> frame, std::size_t index, const Chunk& chunk)
    : frame_(std::move(frame)),
      index_(index),
      span_(chunk.times()),
      streams_(chunk.streams().begin(), chunk.streams().end()),
      sources_(chunk.sources().begin(), chunk.sources().end()),
      blocks_(chunk.blocks().begin(), chunk.blocks().end()),
      rows_(chunk.rows()),
      line_bytes_(chunk.line_bytes()) {
  set_deletions_applied(chunk.deletions_applied());
}

std::uint64_t SpilledChunk::memory_bytes() const {
  return sizeof(SpilledChunk) + streams_.size() * sizeof(segment::PartStream) +
         sources_.size() * sizeof(segment::RowSource) + blocks_.size() * sizeof(segment::BlockInfo);
}

base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> SpilledChunk::read_block(
    std::size_t index, segment::Columns columns) const {
  base::StatusOr<std::vector<std::shared_ptr<Chunk>>> chunks = co_await frame_->load();
  if (!chunks.ok()) co_return chunks.status();
  CHECK_MSG(index_ < chunks->size(), "a frame gives the same chunks each time");
  std::shared_ptr<const Chunk> chunk = std::move((*chunks)[index_]);
  chunks->clear();
  co_return co_await chunk->read_block(index, columns);
}

}  // namespace cordwood::store
