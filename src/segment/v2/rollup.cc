#include "segment/v2/rollup.h"

#include <algorithm>

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "segment/v2/format.h"

namespace cordwood::segment::v2 {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

std::int64_t minute_of(core::UnixNanos time) {
  return time.value / kMinute - (time.value % kMinute < 0 ? 1 : 0);
}

}  // namespace

std::uint32_t RollupBuilder::level_index(std::string_view level) {
  if (level.empty()) return 0;
  const auto found = levels_.find(level);
  if (found != levels_.end()) return found->second;
  // Whoever sends thousands of levels gets them counted as none.
  if (rollup_.levels.size() == kRollupLevelsMax || level.size() > kRollupLevelBytesMax) return 0;
  const auto index = static_cast<std::uint32_t>(rollup_.levels.size());
  rollup_.levels.emplace_back(level);
  levels_.emplace(level, index);
  return index;
}

void RollupBuilder::add(std::uint32_t stream, core::UnixNanos time, std::string_view level, std::uint64_t line_bytes) {
  const std::int64_t minute = minute_of(time);
  const std::uint32_t index = level_index(level);
  std::vector<RollupEntry>& entries = rollup_.entries;
  if (entries.empty() || entries.back().stream != stream || entries.back().minute != minute) {
    minute_begin_ = entries.size();
  }
  // A minute has few levels.
  auto place = entries.begin() + static_cast<std::ptrdiff_t>(minute_begin_);
  while (place != entries.end() && place->level < index) ++place;
  if (place == entries.end() || place->level != index) place = entries.insert(place, {minute, stream, index, 0, 0});
  ++place->rows;
  place->line_bytes += line_bytes;
}

void RollupBuilder::append(std::string& out) const {
  codec::ByteWriter writer(out);
  writer.varint(rollup_.levels.size() - 1);
  for (std::size_t i = 1; i < rollup_.levels.size(); ++i) writer.sized_bytes(rollup_.levels[i]);
  const std::vector<RollupEntry>& entries = rollup_.entries;
  std::int64_t minute = 0;
  for (std::size_t begin = 0; begin < entries.size();) {
    std::size_t end = begin;
    while (end < entries.size() && entries[end].stream == entries[begin].stream) ++end;
    writer.varint(end - begin);
    for (; begin < end; ++begin) {
      const RollupEntry& entry = entries[begin];
      writer.zigzag(entry.minute - minute);
      minute = entry.minute;
      writer.varint(entry.level);
      writer.varint(entry.rows);
      writer.varint(entry.line_bytes);
    }
  }
}

namespace {

base::Status read_stream(codec::ByteReader& reader, const PartStream& stream, std::uint32_t index, std::int64_t& minute,
                         Rollup& rollup) {
  ASSIGN_OR_RETURN(const std::uint64_t count, reader.varint_up_to(std::min(reader.left(), stream.records), "entries"));
  std::uint64_t rows = 0;
  std::uint64_t line_bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    RollupEntry& entry = rollup.entries.emplace_back();
    entry.stream = index;
    ASSIGN_OR_RETURN(const std::int64_t step, reader.zigzag("minute"));
    minute = static_cast<std::int64_t>(static_cast<std::uint64_t>(minute) + static_cast<std::uint64_t>(step));
    entry.minute = minute;
    ASSIGN_OR_RETURN(const std::uint64_t level, reader.varint_up_to(rollup.levels.size() - 1, "level"));
    entry.level = static_cast<std::uint32_t>(level);
    ASSIGN_OR_RETURN(entry.rows, reader.varint_up_to(stream.records - rows, "rows"));
    ASSIGN_OR_RETURN(entry.line_bytes, reader.varint_up_to(stream.line_bytes - line_bytes, "line bytes"));
    rows += entry.rows;
    line_bytes += entry.line_bytes;
    const bool in_span = minute >= minute_of(stream.times.first) && minute <= minute_of(stream.times.last);
    const RollupEntry* last = i == 0 ? nullptr : &rollup.entries[rollup.entries.size() - 2];
    const bool ascending =
        last == nullptr || last->minute < minute || (last->minute == minute && last->level < entry.level);
    if (!in_span || !ascending || entry.rows == 0) return reader.wrong("minute and level in order", i, i);
  }
  if (rows != stream.records) return reader.wrong("rows of stream", stream.records, rows);
  if (line_bytes != stream.line_bytes) return reader.wrong("line bytes of stream", stream.line_bytes, line_bytes);
  return base::ok_status();
}

}  // namespace

base::StatusOr<Rollup> read_rollup(std::string_view bytes, const std::vector<PartStream>& streams) {
  codec::ByteReader reader(bytes, "rollup");
  Rollup rollup;
  rollup.levels.emplace_back();
  ASSIGN_OR_RETURN(const std::uint64_t levels, reader.varint_up_to(kRollupLevelsMax - 1, "levels"));
  for (std::uint64_t i = 0; i < levels; ++i) {
    ASSIGN_OR_RETURN(const std::string_view level, reader.sized_bytes(kRollupLevelBytesMax, "level"));
    rollup.levels.emplace_back(level);
  }
  std::int64_t minute = 0;
  for (std::uint32_t i = 0; i < streams.size(); ++i) {
    RETURN_IF_ERROR(read_stream(reader, streams[i], i, minute, rollup));
  }
  RETURN_IF_ERROR(reader.expect_end());
  return rollup;
}

}  // namespace cordwood::segment::v2
