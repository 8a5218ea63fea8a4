// Stored streams -> Column.
#pragma once

#include <array>
#include <string_view>

#include "base/status.h"
#include "codec/line_column.h"
#include "codec/lines/directory.h"

namespace cordwood::codec {

class ColumnDecoder {
 public:
  using Streams = std::array<std::string_view, lines::kStreamsMax>;
  // Not for nested columns. The streams must outlive `column`. DataLoss names no place: the caller does.
  static base::Status decode(const lines::ColumnEntry& entry, const Streams& streams, Column& column);

 private:
  static base::Status integers(const lines::ColumnEntry& entry, std::string_view stream, Column& column);
  static base::Status times(const lines::ColumnEntry& entry, std::string_view stream, Column& column);
  static base::Status repeats(const lines::ColumnEntry& entry, const Streams& streams, Column& column);
  static base::Status strings(const lines::ColumnEntry& entry, const Streams& streams, Column& column);
  static base::Status dictionary(const lines::ColumnEntry& entry, const Streams& streams, Column& column);
};

namespace lines {

// Ids of one or two bytes (id_bytes), each below `limit`.
base::Status read_ids(std::string_view stream, std::uint32_t limit, std::span<std::uint32_t> out);
base::Status read_ids(std::string_view stream, std::uint32_t limit, std::span<std::uint16_t> out);

}  // namespace lines
}  // namespace cordwood::codec
