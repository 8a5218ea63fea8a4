#pragma once

#include <string>
#include <string_view>

namespace cordwood::io {

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace cordwood::io
