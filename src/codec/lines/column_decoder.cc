#include "codec/lines/column_decoder.h"

#include <algorithm>

#include "codec/varint.h"

namespace cordwood::codec {

namespace lines {

namespace {

template <typename T>
base::Status read_ids_as(std::string_view stream, std::uint32_t limit, std::span<T> out) {
  std::size_t n = out.size();
  const auto* bytes = reinterpret_cast<const unsigned char*>(stream.data());
  std::uint32_t highest = 0;
  if (stream.size() == n) {
    for (std::size_t i = 0; i < n; ++i) out[i] = bytes[i];
  } else if (stream.size() == 2 * n) {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<T>(bytes[i] | bytes[n + i] << 8);
  } else {
    return base::data_loss_error("ids: wanted {} bytes, found {}", n, stream.size());
  }
  for (T id : out) highest = std::max<std::uint32_t>(highest, id);
  if (n != 0 && highest >= limit) return base::data_loss_error("ids: wanted less than {}, found {}", limit, highest);
  return base::ok_status();
}

// Which of the `distinct` values each one is. 0: the next that has not been seen; n: the n-th before that one.
base::Status read_refs(std::string_view stream, std::uint32_t distinct, std::span<std::uint32_t> out) {
  RETURN_IF_ERROR(read_ids_as(stream, distinct + 1, out));
  std::uint32_t seen = 0;
  bool fits = true;
  for (std::uint32_t& id : out) {
    fits = fits && (id == 0 ? seen < distinct : id <= seen);
    id = id == 0 ? seen++ : seen - id;
  }
  if (!fits || seen != distinct) {
    return base::data_loss_error("repeats: wanted {} distinct values, found another number", distinct);
  }
  return base::ok_status();
}

// The ends of `count` strings that fill `data`.
base::Status read_ends(const ColumnInfo& info, std::uint32_t count, std::string_view lengths, std::string_view data,
                       std::vector<std::uint32_t>& ends) {
  ends.resize(count);
  std::uint64_t end = 0;
  if (info.length_min == info.length_max) {
    if (data.size() != info.length_min * count) {
      return base::data_loss_error("strings: wanted {} bytes, found {}", info.length_min * count, data.size());
    }
    for (std::uint32_t& e : ends) e = static_cast<std::uint32_t>(end += info.length_min);
    return base::ok_status();
  }
  const char* at = lengths.data();
  const char* stop = at + lengths.size();
  for (std::uint32_t& e : ends) {
    std::uint64_t length = 0;
    at = read_varint(at, stop, length);
    if (at == nullptr || length > data.size() - end) return base::data_loss_error("strings: wrong length");
    e = static_cast<std::uint32_t>(end += length);
  }
  if (at != stop || end != data.size()) {
    return base::data_loss_error("strings: lengths add up to {}, found {} bytes", end, data.size());
  }
  return base::ok_status();
}

}  // namespace

base::Status read_ids(std::string_view stream, std::uint32_t limit, std::span<std::uint32_t> out) {
  return read_ids_as(stream, limit, out);
}
base::Status read_ids(std::string_view stream, std::uint32_t limit, std::span<std::uint16_t> out) {
  return read_ids_as(stream, limit, out);
}

}  // namespace lines

base::Status ColumnDecoder::integers(const lines::ColumnEntry& entry, std::string_view stream, Column& column) {
  std::size_t n = entry.stored_count();
  std::vector<std::uint64_t>& out = column.integers_;
  out.assign(n, 0);
  std::uint32_t bytes = entry.method >> 4;
  if (bytes == lines::kLayoutVarint) {
    const char* at = stream.data();
    const char* end = at + stream.size();
    for (std::uint64_t& value : out) {
      at = read_varint(at, end, value);
      if (at == nullptr) return base::data_loss_error("integers: wrong varint");
    }
    if (at != end) return base::data_loss_error("integers: {} bytes too many", end - at);
  } else {
    if (stream.size() != n * bytes) {
      return base::data_loss_error("integers: wanted {} bytes, found {}", n * bytes, stream.size());
    }
    for (std::uint32_t b = 0; b < bytes; ++b) {
      const auto* plane = reinterpret_cast<const unsigned char*>(stream.data()) + b * n;
      for (std::size_t i = 0; i < n; ++i) out[i] |= std::uint64_t{plane[i]} << (8 * b);
    }
  }
  const ColumnInfo& info = entry.info;
  std::uint64_t lowest = ~std::uint64_t{0};
  std::uint64_t highest = 0;
  bool delta = (entry.method & 15) == lines::kTransformDelta;
  std::uint64_t last = info.value_min;
  for (std::uint64_t& value : out) {
    value = last + (delta ? static_cast<std::uint64_t>(unzigzag(value)) : value);
    if (delta) last = value;
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  if (lowest < info.value_min || highest > info.value_max) {
    return base::data_loss_error("integers: wanted {} to {}, found {} to {}", info.value_min, info.value_max, lowest,
                                 highest);
  }
  return base::ok_status();
}

base::Status ColumnDecoder::times(const lines::ColumnEntry& entry, std::string_view stream, Column& column) {
  RETURN_IF_ERROR(integers(entry, stream, column));
  std::string& text = column.owned_;
  text.resize(std::size_t{entry.info.count} * lines::kTimestampBytesMax);
  column.ends_.resize(entry.info.count);
  char* at = text.data();
  for (std::size_t i = 0; i < column.ends_.size(); ++i) {
    at = lines::write_timestamp(entry.time, column.integers_[i], at);
    column.ends_[i] = static_cast<std::uint32_t>(at - text.data());
  }
  text.resize(static_cast<std::size_t>(at - text.data()));
  column.integers_ = {};
  column.strings_ = StringList(text.data(), column.ends_);
  return base::ok_status();
}

base::Status ColumnDecoder::dictionary(const lines::ColumnEntry& entry, const Streams& streams, Column& column) {
  std::uint32_t entries = entry.info.dictionary_entries;
  column.ids_.resize(entry.info.count);
  RETURN_IF_ERROR(lines::read_ids(streams[0], entries, std::span(column.ids_)));
  bool lengths = lines::stream_count(entry) == 3;
  std::string_view data = streams[lengths ? 2 : 1];
  RETURN_IF_ERROR(lines::read_ends(entry.info, entries, lengths ? streams[1] : "", data, column.ends_));
  column.strings_ = StringList(data.data(), column.ends_);
  return base::ok_status();
}

base::Status ColumnDecoder::repeats(const lines::ColumnEntry& entry, const Streams& streams, Column& column) {
  column.ids_.resize(entry.info.count);
  RETURN_IF_ERROR(lines::read_refs(streams[0], entry.distinct, std::span(column.ids_)));
  if (entry.encoding == lines::Encoding::kIntegers) {
    RETURN_IF_ERROR(integers(entry, streams[1], column));
    std::vector<std::uint64_t> all(entry.info.count);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = column.integers_[column.ids_[i]];
    column.integers_ = std::move(all);
    column.ids_ = {};
    return base::ok_status();
  }
  return strings(entry, streams, column);
}

base::Status ColumnDecoder::strings(const lines::ColumnEntry& entry, const Streams& streams, Column& column) {
  std::uint32_t data_stream = lines::stream_count(entry) - 1;
  bool lengths = entry.info.length_min != entry.info.length_max;
  std::string_view data = streams[data_stream];
  RETURN_IF_ERROR(
      lines::read_ends(entry.info, entry.stored_count(), lengths ? streams[data_stream - 1] : "", data, column.ends_));
  column.strings_ = StringList(data.data(), column.ends_);
  return base::ok_status();
}

base::Status ColumnDecoder::decode(const lines::ColumnEntry& entry, const Streams& streams, Column& column) {
  column.info_ = entry.info;
  if (entry.repeats) return repeats(entry, streams, column);
  switch (entry.encoding) {
    case lines::Encoding::kIntegers:
      return integers(entry, streams[0], column);
    case lines::Encoding::kTimes:
      return times(entry, streams[0], column);
    case lines::Encoding::kDictionary:
      return dictionary(entry, streams, column);
    case lines::Encoding::kBytes:
      return strings(entry, streams, column);
    case lines::Encoding::kNone:
    case lines::Encoding::kConstant:
    case lines::Encoding::kNested:
    case lines::Encoding::kRepeats:
      return base::ok_status();
  }
  return base::ok_status();
}

}  // namespace cordwood::codec
