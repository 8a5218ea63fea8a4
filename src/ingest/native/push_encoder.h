// Makes a push (docs/protocols/native.md). A slice is built in the columns of the wire while lines are cut, so that
// sending, and sending again after a lost answer, copies bytes and encodes nothing a second time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/record.h"

namespace cordwood::ingest::native {

// A slice as it goes on the wire; the packed columns are protobuf varints already.
struct EncodedSlice {
  core::Mark begin;
  core::Mark end;
  bool lost = false;
  std::uint64_t first_line = 0;
  std::uint32_t records = 0;
  std::string text;
  std::string line_bytes;     // packed uint32
  std::string offset_deltas;  // packed uint64
  std::string time_deltas;    // packed sint64
  std::string flags;          // one byte a record
  std::string metadata;       // whole fields, tags included

  // What it takes in a body, and, nearly, in memory.
  std::size_t wire_bytes() const {
    return 128 + text.size() + line_bytes.size() + offset_deltas.size() + time_deltas.size() + flags.size() +
           metadata.size();
  }
};

// Cuts records into an EncodedSlice. Not thread-safe.
class SliceBuilder {
 public:
  // Starts over at `begin`; `first_line` is the number, from 1, of the line that the first record belongs to.
  void start(const core::Mark& begin, std::uint64_t first_line);
  // Offsets do not fall and are at least begin.offset.
  void add(std::string_view line, std::uint64_t offset, core::UnixNanos time, core::RecordFlags flags);
  // Of the record added last.
  void add_metadata(std::string_view name, std::string_view value);

  std::uint32_t records() const { return slice_.records; }
  std::size_t wire_bytes() const { return slice_.wire_bytes(); }
  // Ends the slice before `end`. The builder is empty afterwards.
  EncodedSlice finish(const core::Mark& end);

 private:
  EncodedSlice slice_;
  std::uint64_t last_offset_ = 0;
  std::int64_t last_time_ = 0;
};

// A range whose bytes no longer exist.
EncodedSlice lost_slice(const core::Mark& begin, const core::Mark& end, std::uint64_t first_line);

// One slice of a push with the source it belongs to. Both must live until encode_push ends.
struct PushPart {
  const core::SourceInfo* source = nullptr;
  const EncodedSlice* slice = nullptr;
};
// At most one part per source. The host is that of the agent.
std::string encode_push(const core::AgentId& agent, std::uint64_t epoch, std::string_view host,
                        std::span<const PushPart> parts);
// The same from a decoded batch with slices: what decode_push gives can be encoded again. The host is that of the first
// source. For tests and tools; the agent uses SliceBuilder.
std::string encode_push(const core::RecordBatch& batch);

}  // namespace cordwood::ingest::native
