// The frames of a WebSocket as a server sees them (RFC 6455, 5). Pure functions of bytes: no sockets, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cordwood::io {

enum class WebSocketOpcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10
};

// Codes of close frames.
inline constexpr std::uint16_t kWebSocketNormal = 1000;
inline constexpr std::uint16_t kWebSocketProtocolError = 1002;
inline constexpr std::uint16_t kWebSocketTooBig = 1009;
inline constexpr std::uint16_t kWebSocketFailed = 1011;

// The value of Sec-WebSocket-Accept.
std::string websocket_accept(std::string_view key);
// One unfragmented, unmasked frame.
void append_websocket_frame(std::string& out, WebSocketOpcode opcode, std::string_view payload);
// The reason is cut to what fits in a control frame.
void append_websocket_close(std::string& out, std::uint16_t code, std::string_view reason);

// A frame of a client, unmasked.
struct WebSocketFrame {
  WebSocketOpcode opcode = WebSocketOpcode::kText;
  bool last = true;
  std::string payload;
};

// Cuts what a client sends into frames.
class WebSocketReader {
 public:
  // Clients of the answers here have little to say.
  static constexpr std::uint64_t kPayloadBytesMax = 64 << 10;

  // Takes all of `bytes`.
  void put(std::string_view bytes) { buffer_ += bytes; }
  // The next complete frame, or nullopt when more bytes are needed, or after an error.
  std::optional<WebSocketFrame> next();
  // The code to close with, once the client has broken the protocol.
  std::optional<std::uint16_t> error() const { return error_; }

 private:
  std::string buffer_;  // at most one frame, and what was put at once
  std::optional<std::uint16_t> error_;
};

}  // namespace cordwood::io
