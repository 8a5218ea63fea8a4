// Bodies of any bytes: every decompressor stays within its limit, and what it gives survives a round trip.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "codec/compress.h"
#include "codec/int_columns.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace codec = cordwood::codec;
  if (size == 0) return 0;
  constexpr std::uint64_t kBytesMax = 100'000;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto kind = static_cast<codec::Compression>(data[0] % 5);
  const auto plain = codec::decompress(kind, bytes, kBytesMax);
  if (plain.ok()) {
    CHECK(plain->size() <= kBytesMax);
    CHECK(codec::decompress(kind, codec::compress(kind, *plain), kBytesMax).value() == *plain);
  }
  std::vector<std::uint64_t> values(data[0]);
  (void)codec::read_varints(bytes, values);
  (void)codec::read_deltas(bytes, values);
  (void)codec::read_deltas_of_deltas(bytes, values);
  std::vector<std::uint32_t> runs(data[0]);
  (void)codec::read_runs(bytes, 1000, runs);
  return 0;
}
