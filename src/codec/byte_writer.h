// Writes a structure field by field: the counterpart of ByteReader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/little_endian.h"
#include "codec/varint.h"

namespace cordwood::codec {

// Appends to a string of the caller, which must outlive the writer.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value) { append_le(out_, value); }
  void u32(std::uint32_t value) { append_le(out_, value); }
  void u64(std::uint64_t value) { append_le(out_, value); }
  void varint(std::uint64_t value) { append_varint(out_, value); }
  void zigzag(std::int64_t value) { append_varint(out_, codec::zigzag(value)); }
  void bytes(std::string_view value) { out_.append(value); }
  // The length as a varint, then the bytes.
  void sized_bytes(std::string_view value) {
    varint(value.size());
    bytes(value);
  }

 private:
  std::string& out_;
};

}  // namespace cordwood::codec
