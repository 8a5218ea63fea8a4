#include "io/websocket_frames.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

namespace cordwood::io {
namespace {

// RFC 6455, 1.3.
constexpr std::string_view kHandshakeGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kControlPayloadMax = 125;

bool is_known(std::uint8_t opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + std::string(kHandshakeGuid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> coded{};
  const int length = EVP_EncodeBlock(coded.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(coded.data()), static_cast<std::size_t>(length)};
}

void append_websocket_frame(std::string& out, WebSocketOpcode opcode, std::string_view payload) {
  out += static_cast<char>(0x80 | static_cast<unsigned>(opcode));
  const std::uint64_t size = payload.size();
  int length_bytes = 0;
  if (size <= 125) {
    out += static_cast<char>(size);
  } else if (size <= 0xffff) {
    out += static_cast<char>(126);
    length_bytes = 2;
  } else {
    out += static_cast<char>(127);
    length_bytes = 8;
  }
  for (int i = length_bytes - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xff);
  out += payload;
}

void append_websocket_close(std::string& out, std::uint16_t code, std::string_view reason) {
  std::string payload;
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code & 0xff);
  std::string_view kept = reason.substr(0, kControlPayloadMax - 2);
  // Not in the middle of a character.
  while (kept.size() < reason.size() && !kept.empty() &&
         (static_cast<unsigned char>(reason[kept.size()]) & 0xc0) == 0x80) {
    kept.remove_suffix(1);
  }
  payload += kept;
  append_websocket_frame(out, WebSocketOpcode::kClose, payload);
}

std::optional<WebSocketFrame> WebSocketReader::next() {
  const auto byte = [this](std::size_t at) { return static_cast<std::uint8_t>(buffer_[at]); };
  const auto fail = [this](std::uint16_t code) {
    error_ = code;
    buffer_.clear();
    return std::optional<WebSocketFrame>();
  };
  if (error_.has_value()) return fail(*error_);
  if (buffer_.size() < 2) return std::nullopt;
  const std::uint8_t opcode = byte(0) & 0x0f;
  const bool last = (byte(0) & 0x80) != 0;
  const bool reserved_bits = (byte(0) & 0x70) != 0;
  const bool masked = (byte(1) & 0x80) != 0;
  std::uint64_t size = byte(1) & 0x7f;
  if (reserved_bits || !masked || !is_known(opcode)) return fail(kWebSocketProtocolError);
  if (opcode >= 8 && (!last || size > kControlPayloadMax)) return fail(kWebSocketProtocolError);
  std::size_t at = 2;
  const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (buffer_.size() < at + length_bytes) return std::nullopt;
  if (length_bytes > 0) {
    size = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8 | byte(at++);
  }
  if (size > kPayloadBytesMax) return fail(kWebSocketTooBig);
  if (buffer_.size() < at + 4 + size) return std::nullopt;
  const std::string mask = buffer_.substr(at, 4);
  at += 4;
  WebSocketFrame frame{static_cast<WebSocketOpcode>(opcode), last, buffer_.substr(at, size)};
  for (std::size_t i = 0; i < frame.payload.size(); ++i)
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  buffer_.erase(0, at + size);
  return frame;
}

}  // namespace cordwood::io
