// Frames of WebSocket clients: however the bytes are cut, the same frames come out, or the same error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "io/websocket_frames.h"

namespace {

using cordwood::io::WebSocketFrame;
using cordwood::io::WebSocketReader;

std::vector<WebSocketFrame> read_in_pieces(std::string_view bytes, std::size_t step, WebSocketReader& reader) {
  std::vector<WebSocketFrame> frames;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.put(bytes.substr(at, step));
    while (auto frame = reader.next()) frames.push_back(std::move(*frame));
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  WebSocketReader whole_reader;
  WebSocketReader pieces_reader;
  const auto whole = read_in_pieces(bytes, size, whole_reader);
  const auto pieces = read_in_pieces(bytes, 1 + data[0] % 7, pieces_reader);
  if (whole.size() != pieces.size() || whole_reader.error() != pieces_reader.error()) std::abort();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i].payload != pieces[i].payload || whole[i].opcode != pieces[i].opcode) std::abort();
    if (whole[i].payload.size() > WebSocketReader::kPayloadBytesMax) std::abort();
  }
  return 0;
}
