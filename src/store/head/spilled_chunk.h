// SpilledChunk: rows of the head that are not in memory but in the journal: found at start-up when the journal holds
// more than the head may, and gone with the flush of their frames. Like a Chunk in everything a query sees; reading it
// decodes its frame anew.
#pragma once

#include <memory>
#include <vector>

#include "base/executor.h"
#include "core/record_sink.h"
#include "io/file.h"
#include "store/head/frame_chunks.h"
#include "store/head/head_part.h"

namespace cordwood::store {

// An open file of the journal. Readers that began before the file was trimmed go on reading it.
struct JournalFileReader {
  std::unique_ptr<io::File> file;
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t salt = 0;
};

// Where a frame is. Immutable and thread-safe; executor and decoder outlive it.
class SpilledFrame {
 public:
  SpilledFrame(base::Executor& executor, const core::BodyDecoder& decoder,
               std::shared_ptr<const JournalFileReader> file, const journal::ReplayedFrame& frame,
               core::GenerationId generation, core::TenantId tenant, std::uint64_t deletions_applied)
      : executor_(executor),
        decoder_(decoder),
        file_(std::move(file)),
        sequence_(frame.sequence),
        offset_(frame.offset),
        generation_(generation),
        tenant_(std::move(tenant)),
        deletions_applied_(deletions_applied) {}

  const core::TenantId& tenant() const { return tenant_; }
  // The chunks of the frame, as they were when it was replayed. DataLoss when the file has changed since.
  base::Task<base::StatusOr<std::vector<std::shared_ptr<Chunk>>>> load() const;

 private:
  base::StatusOr<journal::ReplayedFrame> read() const;

  base::Executor& executor_;
  const core::BodyDecoder& decoder_;
  const std::shared_ptr<const JournalFileReader> file_;
  const std::uint64_t sequence_;
  const std::uint64_t offset_;
  const core::GenerationId generation_;
  const core::TenantId tenant_;
  const std::uint64_t deletions_applied_;
};

class SpilledChunk final : public HeadPart {
 public:
  // Stands for `chunk`, which is number `index` of those that the frame gives.
  SpilledChunk(std::shared_ptr<const SpilledFrame> frame, std::size_t index, const Chunk& chunk);

  core::TimeSpan times() const override { return span_; }
  std::span<const segment::PartStream> streams() const override { return streams_; }
  std::span<const segment::RowSource> sources() const override { return sources_; }
  std::span<const segment::BlockInfo> blocks() const override { return blocks_; }
  base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> read_block(
      std::size_t index, segment::Columns columns) const override;

  std::uint32_t rows() const override { return rows_; }
  std::uint64_t line_bytes() const override { return line_bytes_; }
  std::uint64_t memory_bytes() const override;

 private:
  const std::shared_ptr<const SpilledFrame> frame_;
  const std::size_t index_;
  const core::TimeSpan span_;
  const std::vector<segment::PartStream> streams_;
  const std::vector<segment::RowSource> sources_;
  const std::vector<segment::BlockInfo> blocks_;
  const std::uint32_t rows_;
  const std::uint64_t line_bytes_;
};

}  // namespace cordwood::store
