// SegmentWriter: sorted rows -> the bytes of a segment (docs/formats/segment.md). Memory: the rows
// of one group (a block of at most 8 MiB; at compaction level kCompactionGroupBytes), what codec::LineEncoder
// takes (64 MB at flush level, 192 MB at compaction level), and what goes to the end of the segment: about 300 bytes a
// stream, 24 a source, 300 a block, and the stored templates and directories. Everything else goes to the sink as soon
// as a group is full.
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
#include <optional>
#include <span>
#include <string_view>

#include "base/status.h"
#include "codec/line_encoder.h"
#include "core/labels.h"
#include "core/record.h"
#include "core/time_range.h"
#include "segment/byte_sink.h"
#include "segment/part.h"

namespace cordwood::segment {

// Flush must keep up with ingest; compaction runs in the background and takes the time to store less.
using WriterLevel = codec::LineEncoderLevel;

// Larger groups take more memory and gain little (docs/decisions/0010).
inline constexpr std::uint64_t kCompactionGroupBytes = 32 << 20;

struct WriterOptions {
  WriterLevel level = WriterLevel::kFlush;
  // A block is cut before the row that would exceed either; a longer row makes a block of its own. At most
  // kBlockRowsMax and kBlockWeightMax of format.h. Weight, not bytes: metadata counts too (docs/formats/segment.md).
  std::uint32_t block_rows_max = 64 << 10;
  std::uint64_t block_weight_max = 8 << 20;
  // Blocks share a table of templates and text as long as their lines take at most this together; 0: each block has
  // its own. Not given: 0 at flush level, kCompactionGroupBytes at compaction level.
  std::optional<std::uint64_t> group_bytes_max = std::nullopt;
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

// One thread at a time; no call suspends. An add() that fills a block encodes it, which takes about 25 ms at flush
// level and 200 ms at compaction level, so a Task yields now and then between rows. The same calls with the same
// options and the same libzstd give the same bytes.
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
