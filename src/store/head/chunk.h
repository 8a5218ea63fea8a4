// Chunk: an immutable, sorted piece of the head: the rows of one body, or of several merged ones, of one tenant. It is
// a segment::Part like a stored segment, so a snapshot of the head is a list of chunks and costs a pointer each.
//
// Rows are columns; lines and metadata are copied once, in row order, into one buffer. (Lines are not left in the
// decoded body: its true size is unknown here, it holds more than the lines, and a flush reads lines in row order.)
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/record.h"
#include "segment/part.h"
#include "store/head/head_part.h"

namespace cordwood::store {

// Bounds the work between two suspensions while a chunk is built, and the rows a reader gets at once.
inline constexpr std::uint64_t kChunkLineBytesMax = 4 << 20;
inline constexpr std::uint32_t kChunkRowsMax = 64 << 10;

class Chunk final : public HeadPart, public std::enable_shared_from_this<Chunk> {
 public:
  core::TimeSpan times() const override { return span_; }
  std::span<const segment::PartStream> streams() const override { return streams_; }
  std::span<const segment::RowSource> sources() const override { return sources_; }
  std::span<const segment::BlockInfo> blocks() const override { return blocks_; }
  base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> read_block(
      std::size_t index, segment::Columns columns) const override;

  // The frame's name, which is its sequence, is known only when the frame is durable: sets the generation of all rows
  // of an unnamed body, before anybody else has seen the chunk.
  void name_frame(core::GenerationId generation) { sources_.front().generation = generation; }

  std::uint32_t rows() const override { return static_cast<std::uint32_t>(times_.size()); }
  std::uint64_t line_bytes() const override { return line_bytes_; }
  std::uint64_t memory_bytes() const override { return memory_bytes_; }

  // Rows [first_row(s), first_row(s + 1)) belong to stream s.
  std::uint32_t first_row(std::size_t stream) const { return first_rows_[stream]; }
  core::UnixNanos time(std::uint32_t row) const { return times_[row]; }
  std::string_view line(std::uint32_t row) const {
    const std::uint32_t begin = row == 0 ? 0 : line_ends_[row - 1];
    return {text_.get() + begin, line_ends_[row] - begin};
  }
  const segment::RowSource& source(std::uint32_t row) const { return sources_[source_index(row)]; }
  std::uint64_t offset(std::uint32_t row) const { return offsets_[row]; }
  std::uint64_t line_number(std::uint32_t row) const { return line_numbers_.empty() ? 0 : line_numbers_[row]; }
  core::RecordFlags flags(std::uint32_t row) const { return flags_[row]; }
  std::span<const core::MetadataPair> metadata(std::uint32_t row) const {
    if (metadata_begin_.empty()) return {};
    return std::span(metadata_).subspan(metadata_begin_[row], metadata_begin_[row + 1] - metadata_begin_[row]);
  }

 private:
  friend class ChunkWriter;
  std::uint32_t source_index(std::uint32_t row) const { return source_indexes_.empty() ? 0 : source_indexes_[row]; }
  void read_positions(std::uint32_t begin, std::uint32_t end, segment::BlockRows& out) const;

  core::TimeSpan span_;
  std::vector<segment::PartStream> streams_;
  std::vector<std::uint32_t> first_rows_;  // one more than streams
  std::vector<segment::RowSource> sources_;
  std::vector<segment::BlockInfo> blocks_;
  std::vector<core::UnixNanos> times_;
  std::vector<std::uint32_t> line_ends_;
  std::vector<std::uint32_t> source_indexes_;  // empty: all rows have source 0
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint64_t> line_numbers_;  // empty: all are 0
  std::vector<core::RecordFlags> flags_;
  std::vector<std::uint32_t> metadata_begin_;  // empty: no row has any
  std::vector<core::MetadataPair> metadata_;
  std::unique_ptr<char[]> text_;
  std::uint64_t line_bytes_ = 0;
  std::uint64_t memory_bytes_ = 0;
};

}  // namespace cordwood::store
