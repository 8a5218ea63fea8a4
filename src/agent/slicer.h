// Cuts lines out of a content and makes the next slice of its generation.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "agent/content.h"
#include "agent/generation.h"
#include "agent/line_times.h"
#include "base/status.h"
#include "ingest/native/push_encoder.h"

namespace cordwood::agent {

// Longer lines become consecutive records of this length; all but the last are marked as cut.
inline constexpr std::size_t kLineBytesMax = 1 << 20;

struct SliceRequest {
  Position from;
  // Of the generation: near its beginning there are no bytes before `from` to know the content by. May be null.
  const std::vector<core::HeadHash>* ladder = nullptr;
  // About how much to read; one line may be longer.
  std::size_t raw_bytes_max = kLineBytesMax;
  // The generation has ended: a rest without newline is a line.
  bool ended = false;
  // For lines before the first one with a time.
  base::UnixNanos fallback_time;
  // Records at these offsets are left out and given to `refused_line`.
  const std::set<std::uint64_t>* refused = nullptr;
};

struct SliceResult {
  ingest::native::EncodedSlice slice;
  Position end;
  std::uint64_t lines = 0;
  // Everything that was there is in the slice; with an empty slice: a rest without newline may be waiting.
  bool at_end = false;
  std::uint64_t waiting_bytes = 0;  // of that rest
  bool empty() const { return end.mark.offset == slice.begin.offset; }
};

// Owns one buffer for all generations. Not thread-safe.
class Slicer {
 public:
  using RefusedLine = std::function<void(std::uint64_t offset, std::string_view line)>;
  explicit Slicer(RefusedLine refused_line);

  // Aborted when the bytes before `from` (or the first ones) are not those that were hashed: the file was truncated or
  // replaced. The check is made after reading, so that what was read is what followed those bytes.
  base::StatusOr<SliceResult> cut(Content& content, LineTimes& times, const SliceRequest& request);

  // Line number and last time at `offset`, counted from `known` (or from the beginning when that is later).
  // For a mark that the server names and this run did not make.
  base::StatusOr<Position> position_at(Content& content, LineTimes& times, const Position& known,
                                       const core::Mark& mark);

  std::size_t memory_bytes() const { return kBufferBytes; }

 private:
  struct Cursor;
  // Room for the bytes before the position, then for one line over the limit with CR, LF.
  static constexpr std::size_t kBufferBytes = kMarkBytes + kLineBytesMax + 2;
  struct Filled {
    std::size_t bytes = 0;
    bool at_end = false;
  };
  base::StatusOr<Filled> fill(Content& content, const SliceRequest& request);
  bool cut_line(Cursor& cursor, const SliceRequest& request, LineTimes& times, SliceResult& result);
  void add(Cursor& cursor, std::string_view line, std::size_t bytes, core::LineEnd end, const SliceRequest& request,
           LineTimes& times, SliceResult& result);

  RefusedLine refused_line_;
  ingest::native::SliceBuilder builder_;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace cordwood::agent
