// The target that must fail: it proves that tests/fuzz-smoke sees a finding, and that coverage guides the search (four
// bytes are not found by chance).
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 4 && data[0] == 'f' && data[1] == 'i' && data[2] == 'n' && data[3] == 'd') std::abort();
  return 0;
}
