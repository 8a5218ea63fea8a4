// Reads a structure field by field from bytes that may be wrong. Every read is checked against what is left; an error
// is DataLoss and names object, field, offset, the bytes wanted and found.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace cordwood::codec {

// Results are views into `bytes`. `object` (a file, a section) is named in errors; both must outlive the reader. After
// an error the reader stays where it was.
class ByteReader {
 public:
  // `base_offset` is the place of `bytes` within the object.
  ByteReader(std::string_view bytes, std::string_view object, std::uint64_t base_offset = 0)
      : bytes_(bytes), object_(object), base_offset_(base_offset) {}

  // `field` is for the error text.
  base::StatusOr<std::uint8_t> u8(std::string_view field);
  base::StatusOr<std::uint16_t> u16(std::string_view field);
  base::StatusOr<std::uint32_t> u32(std::string_view field);
  base::StatusOr<std::uint64_t> u64(std::string_view field);
  base::StatusOr<std::uint64_t> varint(std::string_view field);
  // DataLoss also when the value is above `max`: for counts and lengths.
  base::StatusOr<std::uint64_t> varint_up_to(std::uint64_t max, std::string_view field);
  base::StatusOr<std::int64_t> zigzag(std::string_view field);
  base::StatusOr<std::string_view> bytes(std::uint64_t count, std::string_view field);
  // A varint length of at most `bytes_max`, then that many bytes.
  base::StatusOr<std::string_view> sized_bytes(std::uint64_t bytes_max, std::string_view field);
  // DataLoss unless everything has been read.
  base::Status expect_end() const;

  // Of the next byte, in the object.
  std::uint64_t offset() const { return base_offset_ + at_; }
  std::uint64_t left() const { return bytes_.size() - at_; }
  // DataLoss at the current offset, for what only the caller can judge.
  base::Status wrong(std::string_view field, std::uint64_t wanted, std::uint64_t found) const;

 private:
  template <typename T>
  base::StatusOr<T> fixed(std::string_view field);
  base::Status too_short(std::string_view field, std::uint64_t wanted) const;

  std::string_view bytes_;
  std::string_view object_;
  std::uint64_t base_offset_;
  std::size_t at_ = 0;
};

}  // namespace cordwood::codec
