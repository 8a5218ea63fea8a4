#include "objectstore/object_store.h"

#include <array>

namespace cordwood::objectstore {
namespace {

constexpr std::size_t kKeyBytesMax = 900;

constexpr std::array<bool, 256> make_allowed() {
  std::array<bool, 256> allowed{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!_.*'()/=-")) {
    allowed[static_cast<unsigned char>(c)] = true;
  }
  return allowed;
}
constexpr std::array<bool, 256> kAllowed = make_allowed();

}  // namespace

base::Status check_object_key(std::string_view key) {
  if (key.empty() || key.size() > kKeyBytesMax) {
    return base::invalid_argument_error("object key: bytes={} bytes_max={}, and not 0", key.size(), kKeyBytesMax);
  }
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (!kAllowed[static_cast<unsigned char>(key[i])]) {
      return base::invalid_argument_error("object key: byte 0x{:02x} at offset {} is not allowed",
                                          static_cast<unsigned char>(key[i]), i);
    }
  }
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view element = key.substr(begin, end - begin);
    if (element.empty() || element == "." || element == "..") {
      return base::invalid_argument_error("object key {}: element '{}' at offset {} is not allowed", key, element,
                                          begin);
    }
    begin = end + 1;
  }
  return base::ok_status();
}

base::Status check_list_limit(std::size_t limit) {
  if (limit >= 1 && limit <= kListLimitMax) return base::ok_status();
  return base::invalid_argument_error("object list: limit={} must be 1 to {}", limit, kListLimitMax);
}

}  // namespace cordwood::objectstore
