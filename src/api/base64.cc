#include "api/base64.h"

#include <cstdint>

namespace cordwood::api {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void encode(std::string& out, std::string_view bytes, std::string_view alphabet, bool pad) {
  const auto byte = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U; };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    const std::size_t digits = bytes.size() - i >= 3 ? 4 : bytes.size() - i + 1;
    for (std::size_t d = 0; d < 4; ++d) {
      if (d < digits) {
        out += alphabet[group >> (18 - 6 * d) & 63];
      } else if (pad) {
        out += '=';
      }
    }
  }
}

std::optional<std::string> decode(std::string_view text, std::string_view alphabet) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 255);
    }
  }
  return out;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  encode(out, bytes, kStandard, true);
}

std::string base64url(std::string_view bytes) {
  std::string out;
  encode(out, bytes, kUrl, false);
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::optional<std::string> out = decode(text.substr(0, text.find_last_not_of('=') + 1), kStandard);
  std::string again;
  if (out.has_value()) append_base64(again, *out);
  if (again != text) return std::nullopt;  // wrong padding
  return out;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::optional<std::string> out = decode(text, kUrl);
  // Stray bits, or a length that no bytes have.
  if (out.has_value() && base64url(*out) != text) return std::nullopt;
  return out;
}

}  // namespace cordwood::api
