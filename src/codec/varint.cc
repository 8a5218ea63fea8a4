#include "codec/varint.h"

namespace cordwood::codec::varint_internal {

const char* read_varint_slow(const char* at, const char* end, std::uint64_t& value) {
  std::uint64_t sum = 0;
  for (unsigned shift = 0; shift < 70 && at != end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    if (shift == 63 && byte > 1) return nullptr;
    sum |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = sum;
      return at;
    }
  }
  return nullptr;
}

}  // namespace cordwood::codec::varint_internal
