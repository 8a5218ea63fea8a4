// Go's string literals, as Loki's clients and queries write them (strconv.Quote, strconv.Unquote).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cordwood::core {

struct GoString {
  std::string value;      // unquoted
  std::size_t bytes = 0;  // of the literal at the start of the text, quotes included
};

// The "..." or `...` literal at the start of `text`; nullopt when there is none or it is malformed (an unknown escape,
// no closing quote, a raw newline inside "...").
std::optional<GoString> parse_go_string(std::string_view text);

// One rune at the start of `text` (not empty): its code point and length. An invalid byte is (0xFFFD, 1), as in Go.
struct Rune {
  char32_t code = 0;
  std::size_t bytes = 0;
  bool valid = true;
};
Rune decode_rune(std::string_view text);
void append_rune(std::string& out, char32_t code);

}  // namespace cordwood::core
