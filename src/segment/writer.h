// SegmentWriter: sorted rows -> the bytes of a segment (docs/formats/segment.md). It holds one block of rows, the
// stream table, the source table and the block index in memory; everything else goes to the sink as soon as a block is
// full.
//
//   std::string bytes;
//   StringSink sink(bytes);
//   SegmentWriter writer(sink, {});
//   for each stream, sorted by labels:
//     writer.begin_stream(labels);
//     for each row of it, sorted by (time, generation, offset): writer.add(row);
//   ASSIGN_OR_RETURN(SegmentStats stats, writer.finish());
//
// A merge of many segments calls begin_stream whenever the smallest row belongs to another stream than the last one
// did; it needs no stream list beforehand.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"
#include "core/labels.h"
#include "core/record.h"
#include "core/time_range.h"
#include "segment/byte_sink.h"
#include "segment/part.h"

namespace cordwood::segment {

// zstd levels, chosen with bench/segment_bench over the corpora in 4 MiB blocks: a flush must keep up with ingest
// (level 1: 1220 MB/s, ratio 19.2; level 3: 1060 MB/s, 20.0), a compaction runs in the background (level 6: 340
// MB/s, 23.1; level 9: 240 MB/s, 24.8; level 12: 130 MB/s, 25.3).
inline constexpr int kFlushZstdLevel = 3;
inline constexpr int kCompactionZstdLevel = 9;

struct WriterOptions {
  int zstd_level = kFlushZstdLevel;
  // A block is cut before the row that would exceed either; a longer row makes a block of its own. At most
  // kBlockRowsMax and kBlockWeightMax of format.h. Weight, not bytes: metadata counts too (docs/formats/segment.md).
  std::uint32_t block_rows_max = 64 << 10;
  std::uint64_t block_weight_max = 4 << 20;
};

// The views need to live only during add().
struct SegmentRow {
  core::UnixNanos time;
  std::string_view line;  // at most kRowWeightMax of format.h together with the metadata
  RowSource source;
  std::uint64_t offset = 0;       // in the source; index within the journal frame for unnamed rows
  std::uint64_t line_number = 0;  // 0 for unnamed rows
  core::RecordFlags flags;
  std::span<const core::MetadataPair> metadata;
};

struct SegmentStats {
  std::uint64_t records = 0;
  std::uint64_t raw_bytes = 0;     // line bytes, plus one a record
  std::uint64_t stored_bytes = 0;  // of the whole segment
  std::uint64_t streams = 0;
  std::uint64_t blocks = 0;
  core::TimeSpan times;
};

// One thread at a time; no call suspends. Compression makes an add() that fills a block take about 5 ms at flush level
// and 20 ms at compaction level, so a Task yields now and then between rows. The same calls with the same options and
// the same libzstd give the same bytes.
class SegmentWriter {
 public:
  // `sink` must outlive the writer.
  SegmentWriter(ByteSink& sink, WriterOptions options);
  ~SegmentWriter();

  // The following rows belong to this stream. CHECKs that labels are above those of the stream before. A stream that
  // gets no row leaves no trace.
  void begin_stream(core::SharedLabels labels);
  // CHECKs the order (time, generation, offset; equals are allowed) within the stream.
  void add(const SegmentRow& row);
  // The first error of the sink, which finish() returns too; rows added after it are dropped.
  const base::Status& status() const;
  std::uint64_t records() const;
  // Of lines, plus one a record, so far: for cutting segments at a size.
  std::uint64_t raw_bytes() const;
  // Writes what is left and the footer. FailedPrecondition when there was no row: a segment is never empty. After it
  // only the destructor may be called.
  base::StatusOr<SegmentStats> finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace cordwood::segment
