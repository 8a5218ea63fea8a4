// Label text from push bodies: never crashes, and what parses prints to text that parses to the same labels.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "core/labels.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto labels = cordwood::core::parse_labels(text);
  if (!labels.ok()) return 0;
  const auto again = cordwood::core::parse_labels(labels->to_text());
  CHECK(again.ok());
  CHECK(*again == *labels);
  return 0;
}
