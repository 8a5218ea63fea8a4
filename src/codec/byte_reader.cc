#include "codec/byte_reader.h"

#include "codec/little_endian.h"
#include "codec/varint.h"

namespace cordwood::codec {

base::Status ByteReader::too_short(std::string_view field, std::uint64_t wanted) const {
  return base::data_loss_error("object={} field={} offset={}: wanted={} bytes, found={}", object_, field, offset(),
                               wanted, left());
}

base::Status ByteReader::wrong(std::string_view field, std::uint64_t wanted, std::uint64_t found) const {
  return base::data_loss_error("object={} field={} offset={}: wanted={} found={}", object_, field, offset(), wanted,
                               found);
}

template <typename T>
base::StatusOr<T> ByteReader::fixed(std::string_view field) {
  if (left() < sizeof(T)) return too_short(field, sizeof(T));
  const T value = load_le<T>(bytes_.data() + at_);
  at_ += sizeof(T);
  return value;
}

base::StatusOr<std::uint8_t> ByteReader::u8(std::string_view field) {
  return fixed<std::uint8_t>(field);
}
base::StatusOr<std::uint16_t> ByteReader::u16(std::string_view field) {
  return fixed<std::uint16_t>(field);
}
base::StatusOr<std::uint32_t> ByteReader::u32(std::string_view field) {
  return fixed<std::uint32_t>(field);
}
base::StatusOr<std::uint64_t> ByteReader::u64(std::string_view field) {
  return fixed<std::uint64_t>(field);
}

base::StatusOr<std::uint64_t> ByteReader::varint(std::string_view field) {
  std::uint64_t value = 0;
  const char* const begin = bytes_.data() + at_;
  const char* const end = read_varint(begin, bytes_.data() + bytes_.size(), value);
  if (end == nullptr) {
    return base::data_loss_error("object={} field={} offset={}: wanted=a varint, found={} bytes that are none", object_,
                                 field, offset(), left());
  }
  at_ += static_cast<std::size_t>(end - begin);
  return value;
}

base::StatusOr<std::uint64_t> ByteReader::varint_up_to(std::uint64_t max, std::string_view field) {
  const std::size_t before = at_;
  ASSIGN_OR_RETURN(const std::uint64_t value, varint(field));
  if (value > max) {
    at_ = before;
    return base::data_loss_error("object={} field={} offset={}: wanted=at most {}, found={}", object_, field, offset(),
                                 max, value);
  }
  return value;
}

base::StatusOr<std::int64_t> ByteReader::zigzag(std::string_view field) {
  ASSIGN_OR_RETURN(const std::uint64_t value, varint(field));
  return unzigzag(value);
}

base::StatusOr<std::string_view> ByteReader::bytes(std::uint64_t count, std::string_view field) {
  if (count > left()) return too_short(field, count);
  const std::string_view value = bytes_.substr(at_, count);
  at_ += count;
  return value;
}

base::StatusOr<std::string_view> ByteReader::sized_bytes(std::uint64_t bytes_max, std::string_view field) {
  const std::size_t before = at_;
  ASSIGN_OR_RETURN(const std::uint64_t count, varint_up_to(bytes_max, field));
  base::StatusOr<std::string_view> value = bytes(count, field);
  if (!value.ok()) at_ = before;
  return value;
}

base::Status ByteReader::expect_end() const {
  if (left() == 0) return base::ok_status();
  return base::data_loss_error("object={} offset={}: wanted=the end, found={} more bytes", object_, offset(), left());
}

}  // namespace cordwood::codec
