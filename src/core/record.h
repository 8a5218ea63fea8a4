// Record and RecordBatch: log lines on their way from a protocol to the store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/ids.h"
#include "core/labels.h"

namespace cordwood::core {

using base::UnixNanos;

// How the line ended in its file. The end is not part of the line: filters do not see a CR before LF, raw output
// restores it. Persisted and sent: values never change.
enum class LineEnd : std::uint8_t {
  kLf = 0,
  kCrlf = 1,
  kNone = 2,  // the generation ended without a newline
  kCut = 3,   // cut at the length limit; the next record of the source is a continuation
};

// Where the record's time came from. Persisted and sent.
enum class TimeOrigin : std::uint8_t {
  kSender = 0,     // given by the sender of a protocol
  kParsed = 1,     // found in the line
  kInherited = 2,  // that of the line before it
  kRead = 3,       // time of reading, or a closed file's modification time
};

// One byte, as stored: bits 0-1 LineEnd, 2-3 TimeOrigin, 4 continuation.
struct RecordFlags {
  std::uint8_t bits = 0;

  static constexpr RecordFlags make(LineEnd end, TimeOrigin origin, bool continuation = false) {
    return {static_cast<std::uint8_t>(static_cast<unsigned>(end) | static_cast<unsigned>(origin) << 2 |
                                      (continuation ? 16U : 0U))};
  }
  constexpr LineEnd line_end() const { return static_cast<LineEnd>(bits & 3); }
  constexpr TimeOrigin time_origin() const { return static_cast<TimeOrigin>(bits >> 2 & 3); }
  constexpr bool continuation() const { return (bits & 16) != 0; }
  bool operator==(const RecordFlags&) const = default;
};

// A name and value of structured metadata.
struct MetadataPair {
  std::string_view name;
  std::string_view value;
  bool operator==(const MetadataPair&) const = default;
};

// Views point into the buffers of the batch.
struct Record {
  UnixNanos time;
  std::string_view line;
  std::uint32_t stream = 0;          // index into RecordBatch::streams
  std::uint32_t metadata_begin = 0;  // index into RecordBatch::metadata
  std::uint32_t metadata_count = 0;
  RecordFlags flags;
  // Of a named source only (the batch has slices): first byte of the line, and its number from 1. A continuation has
  // the number of its line.
  std::uint64_t offset = 0;
  std::uint64_t line_number = 0;
};

struct BatchStream {
  SharedLabels labels;
  StreamId id;
};

// What positions in a source count. Persisted and sent.
enum class PositionUnit : std::uint8_t { kBytes = 0, kRecords = 1 };

// How far a source has been stored. `hash` is XXH3-128 of the up to 4 KiB of the (decompressed) file before `offset`;
// of the empty string at offset 0, and always for kRecords.
struct Mark {
  std::uint64_t offset = 0;
  base::Hash128 hash;
  bool operator==(const Mark&) const = default;
};

// One entry of the ladder that recognises a content: XXH3-128 of the first `bytes` decompressed bytes.
struct HeadHash {
  std::uint32_t bytes = 0;
  base::Hash128 hash;
  bool operator==(const HeadHash&) const = default;
};

// What the server keeps of a source beside its mark.
struct SourceInfo {
  SourceId id;
  std::string path;     // live path, for people
  SharedLabels labels;  // of its stream
  std::vector<HeadHash> ladder;
  PositionUnit unit = PositionUnit::kBytes;
  Mark base;  // the position with which it was registered
};

// A byte range [begin.offset, end.offset) of a source with the records cut from it, or a range that is lost.
struct Slice {
  std::uint32_t source = 0;        // index into RecordBatch::sources
  Mark begin;                      // hash before begin
  Mark end;                        // hash before end
  bool lost = false;               // the bytes no longer exist; no records
  std::uint32_t record_begin = 0;  // records [record_begin, record_end) of the batch
  std::uint32_t record_end = 0;
};

// Records decoded from one body. Move-only in practice: views point into `buffers`.
struct RecordBatch {
  std::vector<BatchStream> streams;
  std::vector<Record> records;
  std::vector<MetadataPair> metadata;
  // From an agent only; otherwise empty.
  AgentId agent;
  std::uint64_t agent_epoch = 0;
  std::vector<SourceInfo> sources;
  std::vector<Slice> slices;
  // Bytes that the views point into.
  std::vector<std::shared_ptr<const void>> buffers;

  bool named() const { return !slices.empty(); }
  std::uint64_t line_bytes() const {
    std::uint64_t sum = 0;
    for (const Record& record : records) sum += record.line.size();
    return sum;
  }
};

}  // namespace cordwood::core
