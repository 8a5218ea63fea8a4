#include "core/go_strings.h"

#include <fmt/format.h>

#include <iterator>

#include "core/labels.h"

namespace cordwood::core {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Reads `count` digits of `base` at `at`; nullopt when there are fewer.
std::optional<std::uint32_t> read_digits(std::string_view text, std::size_t at, std::size_t count, int base) {
  if (at + count > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int digit = hex_digit(text[at + i]);
    if (digit < 0 || digit >= base) return std::nullopt;
    value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
  }
  return value;
}

// The escape after the backslash at text[at]; moves `at` behind it.
bool read_escape(std::string_view text, std::size_t& at, std::string& out) {
  if (at >= text.size()) return false;
  const char c = text[at++];
  switch (c) {
    case 'a':
      out += '\a';
      return true;
    case 'b':
      out += '\b';
      return true;
    case 'f':
      out += '\f';
      return true;
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 't':
      out += '\t';
      return true;
    case 'v':
      out += '\v';
      return true;
    case '\\':
      out += '\\';
      return true;
    case '"':
      out += '"';
      return true;
    default:
      break;
  }
  std::size_t digits = 0;
  int base = 16;
  if (c == 'x') {
    digits = 2;
  } else if (c == 'u') {
    digits = 4;
  } else if (c == 'U') {
    digits = 8;
  } else if (c >= '0' && c <= '7') {
    digits = 3;
    base = 8;
    --at;
  } else {
    return false;
  }
  const std::optional<std::uint32_t> value = read_digits(text, at, digits, base);
  if (!value.has_value()) return false;
  at += digits;
  if (c == 'u' || c == 'U') {
    if (*value > 0x10FFFF || (*value >= 0xD800 && *value < 0xE000)) return false;
    append_rune(out, *value);
  } else {
    if (*value > 255) return false;
    out += static_cast<char>(*value);
  }
  return true;
}

// What strconv.Quote prints as it is. Go's table of printable runes is Unicode's L, M, N, P, S and the ASCII space; the
// ranges below are what matters outside of those in practice: controls, separators, surrogates, private use.
bool is_printable(char32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA1) || code == 0xAD) return false;
  if (code == 0x1680 || (code >= 0x2000 && code <= 0x200F) || (code >= 0x2028 && code <= 0x202F)) return false;
  if ((code >= 0x205F && code <= 0x206F) || code == 0x3000 || code == 0xFEFF) return false;
  if ((code >= 0xD800 && code <= 0xF8FF) || (code >= 0xFFF0 && code <= 0xFFFB) || code >= 0xE0000) return false;
  return (code & 0xFFFE) != 0xFFFE;
}

}  // namespace

std::optional<GoString> parse_go_string(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] == '`') {
    const std::size_t end = text.find('`', 1);
    if (end == std::string_view::npos) return std::nullopt;
    GoString raw{{}, end + 1};
    for (const char c : text.substr(1, end - 1)) {
      if (c != '\r') raw.value += c;  // Go drops carriage returns from raw strings
    }
    return raw;
  }
  if (text[0] != '"') return std::nullopt;
  GoString quoted;
  std::size_t at = 1;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      quoted.bytes = at + 1;
      return quoted;
    }
    if (c == '\n') return std::nullopt;
    if (c == '\\') {
      if (!read_escape(text, ++at, quoted.value)) return std::nullopt;
    } else {
      quoted.value += c;
      ++at;
    }
  }
  return std::nullopt;
}

Rune decode_rune(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char b = byte(0);
  if (b < 0x80) return {b, 1};
  const Rune invalid{0xFFFD, 1, false};
  const std::size_t length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
  if (b < 0xC2 || b > 0xF4 || text.size() < length) return invalid;
  char32_t code = b & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return invalid;
  return {code, length};
}

void append_rune(std::string& out, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = 0xFFFD;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

void append_go_quoted(std::string& out, std::string_view text) {
  auto to = std::back_inserter(out);
  out += '"';
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    switch (rune.code) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\a':
        out += "\\a";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\v':
        out += "\\v";
        break;
      default:
        if (!rune.valid) {
          fmt::format_to(to, "\\x{:02x}", static_cast<unsigned char>(text[0]));
        } else if (is_printable(rune.code)) {
          out.append(text.substr(0, rune.bytes));
        } else if (rune.code < 0x80) {
          fmt::format_to(to, "\\x{:02x}", static_cast<unsigned>(rune.code));
        } else if (rune.code < 0x10000) {
          fmt::format_to(to, "\\u{:04x}", static_cast<unsigned>(rune.code));
        } else {
          fmt::format_to(to, "\\U{:08x}", static_cast<unsigned>(rune.code));
        }
    }
    text.remove_prefix(rune.bytes);
  }
  out += '"';
}

}  // namespace cordwood::core
