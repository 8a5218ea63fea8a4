#include "agent/slicer.h"

#include "agent/ladder.h"

#include <algorithm>
#include <cstring>

namespace cordwood::agent {

// Where cutting stands within the buffer.
struct Slicer::Cursor {
  const char* data = nullptr;  // of the byte at from.mark.offset
  std::size_t size = 0;
  std::size_t at = 0;
  bool continuing = false;  // the record that begins here continues a cut line
  bool stop = false;        // a refused record: the slice ends before it, or after it when it was the first
};

Slicer::Slicer(RefusedLine refused_line)
    : refused_line_(std::move(refused_line)), buffer_(std::make_unique<char[]>(kBufferBytes)) {}

base::StatusOr<Slicer::Filled> Slicer::fill(Content& content, const SliceRequest& request) {
  const Position& from = request.from;
  const std::size_t first = std::min(request.raw_bytes_max, kLineBytesMax + 2);
  char* data = buffer_.get() + kMarkBytes;
  ASSIGN_OR_RETURN(std::size_t size, content.read(from.mark.offset, data, first));
  bool at_end = size < first;
  // A line that is longer than the wish: up to the limit it has to be read whole.
  if (size == first && size < kLineBytesMax + 2 && std::memchr(data, '\n', size) == nullptr) {
    ASSIGN_OR_RETURN(const std::size_t more,
                     content.read(from.mark.offset + size, data + size, kLineBytesMax + 2 - size));
    at_end = more < kLineBytesMax + 2 - size;
    size += more;
  }
  const auto before = static_cast<std::size_t>(std::min<std::uint64_t>(from.mark.offset, kMarkBytes));
  ASSIGN_OR_RETURN(const std::size_t found, content.read(from.mark.offset - before, data - before, before));
  if (found < before || base::hash128(std::string_view(data - before, before)) != from.mark.hash) {
    return base::aborted_error("the bytes before offset {} have changed", from.mark.offset);
  }
  if (request.ladder != nullptr && from.mark.offset < kMarkBytes) {
    const LadderMatch match = compare_ladder(*request.ladder, std::string_view(data - before, before + size));
    if (match == LadderMatch::kNo || (match == LadderMatch::kShorter && at_end)) {
      return base::aborted_error("the first bytes have changed");
    }
  }
  return Filled{size, at_end};
}

void Slicer::add(Cursor& cursor, std::string_view line, std::size_t bytes, core::LineEnd end,
                 const SliceRequest& request, LineTimes& times, SliceResult& result) {
  const std::uint64_t offset = request.from.mark.offset + cursor.at;
  const bool refused = request.refused != nullptr && request.refused->contains(offset);
  // Line numbers count records one after the other, so a slice cannot have a hole: it ends before the refused record,
  // and the next one begins with it and has nothing else.
  if (refused && cursor.at > 0) {
    cursor.stop = true;
    return;
  }
  const bool inherits = cursor.continuing && result.end.time.has_value();
  const LineTime time = inherits ? LineTime{*result.end.time, core::TimeOrigin::kInherited}
                                 : time_of_line(times, line, result.end.time, request.fallback_time);
  if (refused) {
    refused_line_(offset, line);
    cursor.stop = true;
  } else {
    builder_.add(line, offset, time.time, core::RecordFlags::make(end, time.origin, cursor.continuing));
  }
  cursor.at += bytes;
  cursor.continuing = end == core::LineEnd::kCut;
  if (end == core::LineEnd::kLf || end == core::LineEnd::kCrlf) ++result.end.line;
  ++result.lines;
}

// False when nothing more can be cut.
bool Slicer::cut_line(Cursor& cursor, const SliceRequest& request, LineTimes& times, SliceResult& result) {
  const char* begin = cursor.data + cursor.at;
  const std::size_t left = cursor.size - cursor.at;
  if (left == 0) return false;
  const auto* newline = static_cast<const char*>(std::memchr(begin, '\n', std::min(left, kLineBytesMax + 2)));
  std::size_t length = newline != nullptr ? static_cast<std::size_t>(newline - begin) : left;
  const bool crlf = newline != nullptr && length > 0 && begin[length - 1] == '\r';
  if (crlf) --length;
  if (length > kLineBytesMax) {
    add(cursor, {begin, kLineBytesMax}, kLineBytesMax, core::LineEnd::kCut, request, times, result);
  } else if (newline != nullptr) {
    add(cursor, {begin, length}, static_cast<std::size_t>(newline - begin) + 1,
        crlf ? core::LineEnd::kCrlf : core::LineEnd::kLf, request, times, result);
  } else if (request.ended && result.at_end) {
    add(cursor, {begin, length}, length, core::LineEnd::kNone, request, times, result);
  } else {
    return false;
  }
  return !cursor.stop;
}

base::StatusOr<SliceResult> Slicer::cut(Content& content, LineTimes& times, const SliceRequest& request) {
  ASSIGN_OR_RETURN(const Filled filled, fill(content, request));
  SliceResult result;
  result.end = request.from;
  const std::uint64_t begin = request.from.mark.offset;
  Cursor cursor;
  cursor.data = buffer_.get() + kMarkBytes;
  cursor.size = filled.bytes;
  cursor.continuing = begin > 0 && cursor.data[-1] != '\n';
  result.at_end = filled.at_end;
  builder_.start(request.from.mark, request.from.line);
  while (cut_line(cursor, request, times, result)) {
  }
  if (result.at_end) result.waiting_bytes = filled.bytes - cursor.at;
  result.at_end = result.at_end && !cursor.stop;
  if (cursor.at > 0) {
    const std::uint64_t end = begin + cursor.at;
    const auto before = static_cast<std::size_t>(std::min<std::uint64_t>(end, kMarkBytes));
    result.end.mark = {end, base::hash128(std::string_view(cursor.data + cursor.at - before, before))};
  }
  result.slice = builder_.finish(result.end.mark);
  return result;
}

base::StatusOr<Position> Slicer::position_at(Content& content, LineTimes& times, const Position& known,
                                             const core::Mark& mark) {
  Position at = known.mark.offset <= mark.offset ? known : Position{};
  ASSIGN_OR_RETURN(const base::Hash128 hash, hash_before(content, mark.offset));
  if (hash != mark.hash) return base::aborted_error("the bytes before offset {} are others", mark.offset);
  std::uint64_t offset = at.mark.offset;
  char* data = buffer_.get();
  while (offset < mark.offset) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, mark.offset - offset));
    ASSIGN_OR_RETURN(const std::size_t size, content.read(offset, data, wanted));
    if (size == 0) return base::aborted_error("the content ends before offset {}", mark.offset);
    std::size_t line_begin = 0;
    // Lines across the edge of two reads are judged by their beginning only; a time stands there.
    while (line_begin < size) {
      const auto* newline = static_cast<const char*>(std::memchr(data + line_begin, '\n', size - line_begin));
      const std::size_t line_end = newline != nullptr ? static_cast<std::size_t>(newline - data) : size;
      if (const auto time = times.detect({data + line_begin, line_end - line_begin})) at.time = time;
      if (newline != nullptr) ++at.line;
      line_begin = line_end + 1;
    }
    offset += size;
  }
  at.mark = mark;
  return at;
}

}  // namespace cordwood::agent
