#include "io/websocket_frames.h"

#include <gtest/gtest.h>

namespace cordwood::io {
namespace {

std::string client_frame(unsigned first, std::string_view payload, std::string_view mask = "\x01\x02\x03\x04") {
  std::string out(1, static_cast<char>(first));
  if (payload.size() <= 125) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

TEST(WebSocketFrames, AcceptIsTheExampleOfTheRfc) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketFrames, LengthsTakeOneThreeOrNineBytes) {
  for (const auto& [size, header] :
       {std::pair<std::size_t, std::size_t>{0, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10}}) {
    std::string out;
    append_websocket_frame(out, WebSocketOpcode::kText, std::string(size, 'x'));
    EXPECT_EQ(out.size(), header + size);
    EXPECT_EQ(static_cast<unsigned char>(out[0]), 0x81);
    EXPECT_EQ(static_cast<unsigned char>(out[1]) & 0x80, 0);
  }
}

TEST(WebSocketFrames, CloseReasonsAreCutAtACharacter) {
  std::string out;
  std::string reason;
  for (int i = 0; i < 100; ++i) reason += "\xc3\xa4";
  append_websocket_close(out, kWebSocketFailed, reason);
  ASSERT_EQ(out.size(), 2 + 2 + 122U);
  EXPECT_EQ(out.substr(2, 2), "\x03\xf3");
}

TEST(WebSocketReader, ReadsFramesInPiecesOfAnySize) {
  const std::string bytes = client_frame(0x81, "hello") + client_frame(0x89, "ping") +
                            client_frame(0x82, std::string(300, 'b')) + client_frame(0x88, std::string("\x03\xe8", 2));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    WebSocketReader reader;
    std::vector<WebSocketFrame> frames;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      reader.put(std::string_view(bytes).substr(at, step));
      while (auto frame = reader.next()) frames.push_back(std::move(*frame));
    }
    ASSERT_EQ(frames.size(), 4U) << step;
    EXPECT_EQ(frames[0].payload, "hello");
    EXPECT_EQ(frames[1].opcode, WebSocketOpcode::kPing);
    EXPECT_EQ(frames[1].payload, "ping");
    EXPECT_EQ(frames[2].payload, std::string(300, 'b'));
    EXPECT_EQ(frames[3].opcode, WebSocketOpcode::kClose);
    EXPECT_FALSE(reader.error().has_value());
  }
}

TEST(WebSocketReader, BrokenFramesEndIt) {
  const std::string unmasked = std::string("\x81\x01x", 3);
  const std::string reserved = client_frame(0xc1, "x");
  const std::string unknown = client_frame(0x83, "x");
  const std::string fragmented_ping = client_frame(0x09, "x");
  const std::string long_ping = client_frame(0x89, std::string(126, 'x'));
  for (const std::string& bytes : {unmasked, reserved, unknown, fragmented_ping, long_ping}) {
    WebSocketReader reader;
    reader.put(bytes);
    EXPECT_FALSE(reader.next().has_value());
    EXPECT_EQ(reader.error(), kWebSocketProtocolError);
    reader.put(client_frame(0x81, "later"));
    EXPECT_FALSE(reader.next().has_value());
  }
  WebSocketReader reader;
  reader.put(std::string("\x82\xff\x00\x00\x00\x01\x00\x00\x00\x00", 10));  // announces 4 GiB
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.error(), kWebSocketTooBig);
}

}  // namespace
}  // namespace cordwood::io
