// The WebSocket side of a connection: RFC 6455 over what HttpConnection has.

#include "io/asio_config.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cctype>
#include <chrono>
#include <utility>

#include "io/http_call.h"
#include "io/http_connection.h"
#include "io/websocket_frames.h"

namespace cordwood::io {

namespace asio = boost::asio;
using boost::system::error_code;

// Shared by the coroutine that writes messages and the one that reads frames; both run on the io thread.
struct HttpMessages {
  std::string control;       // frames to be written: answers to pings, the closing
  bool peer_closed = false;  // it said so, or its connection ended
  bool close_sent = false;
  std::chrono::steady_clock::time_point heard = std::chrono::steady_clock::now();
};

namespace {

// A peer that has not been heard of for two of these is gone.
constexpr auto kPingInterval = std::chrono::seconds(15);
constexpr std::size_t kFrameReadBytes = 4096;
// For the peer's half of the closing handshake.
constexpr auto kCloseWait = std::chrono::seconds(2);

bool contains_token(std::string_view list, std::string_view token) {
  const auto lower = [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); };
  std::string text;
  for (const char c : list) text += lower(c);
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::string_view one = std::string_view(text).substr(at, comma - at);
    while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
    while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
    if (one == token) return true;
    at = comma + 1;
  }
  return false;
}

std::string upgrade_head(const HttpRequest& request) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         websocket_accept(request.headers.get("Sec-WebSocket-Key")) + "\r\n\r\n";
}

}  // namespace

bool wants_websocket(const HttpRequest& request) {
  return request.method == "GET" && contains_token(request.headers.get("Upgrade"), "websocket") &&
         contains_token(request.headers.get("Connection"), "upgrade") &&
         request.headers.get("Sec-WebSocket-Version") == "13" && !request.headers.get("Sec-WebSocket-Key").empty();
}

// Ends when the peer closes, breaks the protocol or goes away; then the handler is told.
asio::awaitable<void> HttpConnection::read_frames(std::shared_ptr<Call> call, std::shared_ptr<HttpMessages> messages) {
  const std::shared_ptr<HttpConnection> self = shared_from_this();
  WebSocketReader reader;
  reader.put(buffer_.data());
  buffer_.consume(buffer_.data().size());
  std::string bytes(kFrameReadBytes, '\0');
  error_code ec;
  while (!ec && !messages->peer_closed) {
    while (auto frame = reader.next()) {
      messages->heard = std::chrono::steady_clock::now();
      if (frame->opcode == WebSocketOpcode::kPing) {
        append_websocket_frame(messages->control, WebSocketOpcode::kPong, frame->payload);
        wake_.cancel();
      } else if (frame->opcode == WebSocketOpcode::kClose) {
        messages->peer_closed = true;
      }
    }
    if (reader.error().has_value()) {
      append_websocket_close(messages->control, *reader.error(), "");
      messages->close_sent = true;
      break;
    }
    if (messages->peer_closed) break;
    const std::size_t n = co_await read_some(asio::buffer(bytes), ec);
    reader.put(std::string_view(bytes).substr(0, n));
  }
  messages->peer_closed = true;
  call->request.client_gone.cancel();
  wake_.cancel();
}

// Waits for the handler's next message and meanwhile sends control frames; false when the peer does not answer.
asio::awaitable<bool> HttpConnection::wait_for_message(std::shared_ptr<Call> call, HttpMessages& messages) {
  bool alive = true;
  while (!call->finished) {
    if (!messages.control.empty() && alive) {
      const std::string control = std::exchange(messages.control, {});
      std::vector<asio::const_buffer> buffers{asio::buffer(control)};
      alive = co_await write(std::move(buffers));
      continue;
    }
    wake_.expires_after(kPingInterval);
    error_code ec;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (ec || call->finished) continue;
    if (std::chrono::steady_clock::now() - messages.heard > 2 * kPingInterval) alive = false;
    if (alive) append_websocket_frame(messages.control, WebSocketOpcode::kPing, "");
    // The handler still has to end.
    if (!alive) call->request.client_gone.cancel();
  }
  co_return alive;
}

asio::awaitable<void> HttpConnection::serve_messages(std::shared_ptr<Call> call) {
  const auto messages = std::make_shared<HttpMessages>();
  messages_ = messages;
  const std::string head = upgrade_head(call->request);
  std::vector<asio::const_buffer> head_buffers{asio::buffer(head)};
  bool ok = co_await write(std::move(head_buffers));
  asio::co_spawn(thread_->context, read_frames(call, messages), asio::detached);
  std::string frame;
  while (ok && !messages->peer_closed) {
    call->finished = false;
    shared_->executor.spawn(Call::next(call));
    ok = co_await wait_for_message(call, *messages);
    if (!ok || call->stream_failed || call->piece.empty() || messages->peer_closed) break;
    frame.clear();
    append_websocket_frame(frame, WebSocketOpcode::kText, call->piece);
    std::vector<asio::const_buffer> buffers{asio::buffer(frame)};
    ok = co_await write(std::move(buffers));
  }
  if (ok) {
    frame = std::exchange(messages->control, {});
    const std::uint16_t code = call->stream_failed ? kWebSocketFailed : kWebSocketNormal;
    if (!messages->close_sent) append_websocket_close(frame, code, call->stream_error);
    std::vector<asio::const_buffer> buffers{asio::buffer(frame)};
    ok = co_await write(std::move(buffers));
  }
  call->finished = false;
  shared_->executor.spawn(Call::finish(call));
  co_await wait_for_call(call);
  call->response.stream = nullptr;
  if (ok && !messages->peer_closed) {
    wake_.expires_after(kCloseWait);
    error_code ec;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
  messages_ = nullptr;
  // Ends the reader, if it still waits.
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace cordwood::io
