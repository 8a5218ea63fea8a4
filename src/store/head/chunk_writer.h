// Making chunks: from the records of a body, and from smaller chunks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/record.h"
#include "segment/part.h"
#include "store/head/chunk.h"

namespace cordwood::store {

// Fills one chunk with rows in the order of a part: streams by labels, rows by (time, generation, offset). CHECKs
// nothing of that.
class ChunkWriter {
 public:
  // What the rows will take, so that each buffer is taken once.
  ChunkWriter(std::uint32_t rows, std::uint64_t line_bytes, std::uint64_t metadata_bytes, std::uint64_t metadata_pairs);

  // The index that rows of this source name.
  std::uint32_t add_source(const segment::RowSource& source);
  void begin_stream(core::SharedLabels labels, core::StreamId id);
  void add(core::UnixNanos time, std::string_view line, std::uint32_t source, std::uint64_t offset,
           std::uint64_t line_number, core::RecordFlags flags, std::span<const core::MetadataPair> metadata);
  std::shared_ptr<Chunk> finish();

 private:
  std::string_view copy(std::string_view text);
  void finish_streams();
  void cut_blocks();

  std::shared_ptr<Chunk> chunk_;
  // Lines fill the buffer from its begin, metadata from `metadata_at_` on.
  std::uint64_t lines_at_ = 0;
  std::uint64_t metadata_at_ = 0;
  bool any_named_ = false;
  std::uint64_t text_bytes_ = 0;
};

// One row of a body that is to be stored.
struct BodyRow {
  std::uint32_t record = 0;  // index into the batch's records
  std::uint32_t source = 0;  // index into `sources` below
  std::uint64_t offset = 0;  // in the source; for unnamed rows the index among the stored rows of the frame
};

// The streams of a batch sorted by labels, equal ones as one.
struct BatchStreams {
  explicit BatchStreams(const core::RecordBatch& batch);
  std::vector<std::uint32_t> rank;     // of each stream of the batch
  std::vector<std::uint32_t> by_rank;  // a stream of the batch for each rank
};

// How many of `rows` make the next chunk: at least one, until either bound of a chunk is reached.
std::size_t rows_of_next_chunk(const core::RecordBatch& batch, std::span<const BodyRow> rows);
// Sorts `rows` and makes a chunk of them. About 5 ms for a full chunk.
std::shared_ptr<Chunk> make_chunk(const core::RecordBatch& batch, const BatchStreams& streams,
                                  std::span<const segment::RowSource> sources, std::vector<BodyRow> rows);
// All rows of the chunks, which agree in deletions_applied, as one.
std::shared_ptr<const Chunk> merge_chunks(std::span<const std::shared_ptr<const Chunk>> chunks);

}  // namespace cordwood::store
