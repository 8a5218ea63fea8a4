// Pieces of the escapes that JSON, logfmt and templates share.
#pragma once

#include <optional>
#include <string_view>

namespace cordwood::pipeline {

// The value of a hexadecimal digit of either case, or -1.
int hex_digit(char c);
// The code of `\uXXXX` at the start of `text`; a half of a surrogate pair is a code like any other.
std::optional<char32_t> unicode_escape(std::string_view text);

}  // namespace cordwood::pipeline
