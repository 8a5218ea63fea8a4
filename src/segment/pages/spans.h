// Time spans in tables: the first time as a distance from the segment's, the last as a distance from the first.
#pragma once

#include <string>

#include "base/status.h"
#include "codec/byte_reader.h"
#include "codec/varint.h"
#include "core/time_range.h"

namespace cordwood::segment::pages {

inline std::uint64_t distance(base::UnixNanos from, base::UnixNanos to) {
  return static_cast<std::uint64_t>(to.value) - static_cast<std::uint64_t>(from.value);
}

inline void append_span(const core::TimeSpan& span, base::UnixNanos begin, std::string& out) {
  codec::append_varint(out, distance(begin, span.first));
  codec::append_varint(out, distance(span.first, span.last));
}

// DataLoss unless the span lies within `all`.
inline base::StatusOr<core::TimeSpan> read_span(codec::ByteReader& reader, const core::TimeSpan& all) {
  core::TimeSpan span;
  ASSIGN_OR_RETURN(const std::uint64_t first,
                   reader.varint_up_to(distance(all.first, all.last), "first time from the segment's"));
  span.first.value = static_cast<std::int64_t>(static_cast<std::uint64_t>(all.first.value) + first);
  ASSIGN_OR_RETURN(const std::uint64_t last,
                   reader.varint_up_to(distance(span.first, all.last), "last time from the first"));
  span.last.value = static_cast<std::int64_t>(static_cast<std::uint64_t>(span.first.value) + last);
  return span;
}

}  // namespace cordwood::segment::pages
