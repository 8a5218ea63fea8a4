#include "io/http_connection.h"

#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "io/http_call.h"
#include "io/http_response_head.h"
#include "io/tls.h"

namespace cordwood::io {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// What is read at once when a header or a chunked body arrives.
constexpr std::size_t kReadBytes = 64 << 10;
// A body is given memory as it arrives, not as it is announced.
constexpr std::size_t kBodyStepBytes = 256 << 10;
// A chunked body takes from the budget in steps, because nobody knows its length.
constexpr std::uint64_t kChunkedPermitBytes = 1 << 20;
// A handler that ends within this time never pays for watching its client.
constexpr auto kWatchAfter = std::chrono::milliseconds(20);
// After an answer that leaves bytes unread: a close at once would be a reset, and the client might not see the answer.
constexpr auto kLingerTime = std::chrono::seconds(2);

std::string peer_text(const asio::ip::tcp::socket& socket) {
  error_code ec;
  const auto endpoint = socket.remote_endpoint(ec);
  if (ec) return "unknown";
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

}  // namespace

HttpServerShared::HttpServerShared(HttpServerOptions server_options, base::Executor& work_executor,
                                   HttpHandler request_handler, base::MetricsRegistry& metrics)
    : options(std::move(server_options)),
      executor(work_executor),
      handler(std::move(request_handler)),
      bodies(std::make_shared<HttpBodyBudget>(options.bodies_in_flight_bytes_max)),
      connections_open(metrics.gauge("cordwood_http_connections", "Open HTTP connections.")),
      connections_refused(metrics.counter("cordwood_http_connections_refused_total",
                                          "HTTP connections closed at once because there were too many.")),
      requests_refused(metrics.counter("cordwood_http_requests_refused_total",
                                       "HTTP requests answered with an error before they reached a handler.")),
      timeouts(metrics.counter("cordwood_http_timeouts_total", "HTTP connections that were too slow.")),
      handshakes_failed(
          metrics.counter("cordwood_tls_handshakes_failed_total",
                          "Connections that ended before a request: no TLS, or no trusted certificate.")) {}

asio::mutable_buffer HttpReadBuffer::prepare(std::size_t at_least) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (bytes_.size() - end_ < at_least && begin_ > 0) {
    std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_), bytes_.begin() + static_cast<std::ptrdiff_t>(end_),
              bytes_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (bytes_.size() - end_ < at_least) bytes_.resize(end_ + at_least);
  return {bytes_.data() + end_, bytes_.size() - end_};
}

void HttpReadBuffer::consume(std::size_t n) {
  begin_ += n;
}

void HttpReadBuffer::shrink() {
  if (begin_ == end_ && bytes_.size() > kIdleBytes) {
    bytes_ = std::vector<char>(kIdleBytes);
    begin_ = end_ = 0;
  }
}

HttpConnection::HttpConnection(std::shared_ptr<HttpServerShared> shared, std::shared_ptr<HttpIoThread> thread,
                               asio::ip::tcp::socket socket)
    : shared_(std::move(shared)),
      thread_(std::move(thread)),
      socket_(std::move(socket)),
      peer_(peer_text(socket_)),
      timer_(thread_->context),
      wake_(thread_->context) {}

HttpConnection::~HttpConnection() = default;

asio::awaitable<void> HttpConnection::run() {
  const std::shared_ptr<HttpConnection> self = shared_from_this();
  thread_->connections.insert(this);
  bool first = true;
  bool go_on = co_await handshake();
  while (go_on && !shared_->stopping.load()) {
    go_on = co_await serve_one(first);
    first = false;
  }
}

// At once when the listener is plain.
asio::awaitable<bool> HttpConnection::handshake() {
  if (shared_->options.tls == nullptr) co_return true;
  tls_context_ = shared_->options.tls->current();
  tls_ = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, *tls_context_);
  arm(shared_->options.header_timeout);
  error_code ec;
  co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, ec));
  disarm();
  if (ec) shared_->handshakes_failed.add();
  co_return !ec;
}

asio::awaitable<std::size_t> HttpConnection::read_some(asio::mutable_buffer room, error_code& error) {
  std::size_t n = 0;
  if (tls_ != nullptr) {
    n = co_await tls_->async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  } else {
    n = co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  }
  co_return n;
}

asio::awaitable<std::size_t> HttpConnection::write_some(std::vector<asio::const_buffer> buffers, error_code& error) {
  std::size_t n = 0;
  if (tls_ != nullptr) {
    n = co_await tls_->async_write_some(buffers, asio::redirect_error(asio::use_awaitable, error));
  } else {
    n = co_await socket_.async_write_some(buffers, asio::redirect_error(asio::use_awaitable, error));
  }
  co_return n;
}

void HttpConnection::ended() {
  thread_->connections.erase(this);
  disarm();
  ++timer_generation_;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void HttpConnection::drain() {
  error_code ignored;
  if (phase_ == Phase::kIdle) socket_.cancel(ignored);
  // A WebSocket has no end of its own.
  if (messages_ && call_) call_->request.client_gone.cancel();
}

void HttpConnection::abort() {
  if (call_) call_->request.client_gone.cancel();
  error_code ignored;
  socket_.close(ignored);
  wake_.cancel();
}

// One request and its answer; false when the connection is to end.
asio::awaitable<bool> HttpConnection::serve_one(bool first) {
  HttpRequestParser parser(shared_->options.header_bytes_max, shared_->options.body_bytes_max);
  body_ = nullptr;
  bool ok = co_await read_header(parser, first);
  if (!ok) co_return false;
  ok = co_await read_body(parser);
  if (!ok) co_return false;

  auto call = std::make_shared<Call>();
  call->request = std::move(parser.request());
  call->request.peer = peer_;
  if (body_) call->request.body = std::move(body_);
  call->connection = shared_from_this();
  const bool head_only = call->request.method == "HEAD";
  const bool wants_keep_alive = call->request.keep_alive;
  call_ = call;
  phase_ = Phase::kRunning;
  co_await run_handler(call);
  phase_ = Phase::kWriting;
  if (call->response.stream && call->response.websocket) {
    co_await serve_messages(call);
    call_ = nullptr;
    call->connection = nullptr;
    co_return false;
  }
  const bool stream_needs_close = call->response.stream && parser.http_1_0();
  const bool keep = wants_keep_alive && !shared_->stopping.load() && !stream_needs_close;
  ok = co_await write_response(call, head_only, parser.http_1_0(), keep);
  call_ = nullptr;
  call->connection = nullptr;
  phase_ = Phase::kIdle;
  co_return ok&& keep;
}

// --- reading -------------------------------------------------------------------------------------------------------

// False at the end of the stream, after an error and after a time-out.
asio::awaitable<bool> HttpConnection::read_more(std::size_t at_least) {
  const asio::mutable_buffer room = buffer_.prepare(at_least);
  error_code ec;
  const std::size_t n = co_await read_some(room, ec);
  if (ec || n == 0) co_return false;
  buffer_.commit(n);
  co_return true;
}

asio::awaitable<bool> HttpConnection::read_header(HttpRequestParser& parser, bool first) {
  phase_ = Phase::kIdle;
  buffer_.shrink();
  arm(first ? shared_->options.header_timeout : shared_->options.idle_timeout);
  bool header_timer = first;
  while (true) {
    // RFC 9112, 2.2: empty lines before a request are ignored.
    while (!parser.got_some() && buffer_.data().starts_with("\r\n")) buffer_.consume(2);
    if (!buffer_.data().empty()) {
      phase_ = Phase::kReading;
      buffer_.consume(parser.put(buffer_.data()));
      if (parser.refusal()) {
        const HttpRefusal refusal = *parser.refusal();
        co_await refuse(refusal);
        co_return false;
      }
      if (parser.header_done()) break;
      if (!std::exchange(header_timer, true)) arm(shared_->options.header_timeout);
    }
    const bool ok = co_await read_more(HttpReadBuffer::kIdleBytes);
    if (!ok) {
      if (timed_out_ && phase_ == Phase::kReading && !refused_) {
        const HttpRefusal refusal{408, "the request header did not arrive in time"};
        co_await refuse(refusal);
      }
      co_return false;
    }
  }
  disarm();
  co_return true;
}

// The body in memory together with its share of the budget.
struct HeldBody {
  std::string bytes;
  HttpBodyPermit permit;
};

asio::awaitable<bool> HttpConnection::read_body(HttpRequestParser& parser) {
  const std::uint64_t length = parser.content_length();
  if (length == 0 && !parser.chunked()) co_return true;
  auto held = std::make_shared<HeldBody>();
  held->permit = HttpBodyPermit(shared_->bodies);
  bool ok = co_await take_permit(parser.chunked() ? kChunkedPermitBytes : length, held->permit);
  if (!ok) {
    const HttpRefusal refusal{503, "too many request bodies are being worked on; try again later"};
    co_await refuse(refusal);
    co_return false;
  }
  if (parser.expects_continue() && buffer_.data().empty()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    std::vector<asio::const_buffer> buffers{asio::buffer(kContinue)};
    ok = co_await write(std::move(buffers));
    if (!ok) co_return false;
  }
  arm(shared_->options.io_timeout);
  if (parser.chunked()) {
    ok = co_await read_chunked_body(parser, held->permit);
    held->bytes = std::move(parser.chunked_body());
  } else {
    ok = co_await read_sized_body(length, held->bytes);
  }
  disarm();
  if (!ok) {
    if (timed_out_ && !refused_) {
      const HttpRefusal refusal{408, "the request body did not arrive in time"};
      co_await refuse(refusal);
    }
    co_return false;
  }
  body_ = std::shared_ptr<const std::string>(held, &held->bytes);
  co_return true;
}

asio::awaitable<bool> HttpConnection::read_sized_body(std::uint64_t length, std::string& body) {
  body.reserve(length);
  const std::size_t there = static_cast<std::size_t>(std::min<std::uint64_t>(length, buffer_.data().size()));
  body.append(buffer_.data().substr(0, there));
  buffer_.consume(there);
  while (body.size() < length) {
    const std::size_t filled = body.size();
    const std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(length - filled, kBodyStepBytes));
    body.resize(filled + step);
    error_code ec;
    const std::size_t n = co_await read_some(asio::buffer(body.data() + filled, step), ec);
    body.resize(filled + n);
    if (ec || n == 0) co_return false;
    arm(shared_->options.io_timeout);
  }
  co_return true;
}

asio::awaitable<bool> HttpConnection::read_chunked_body(HttpRequestParser& parser, HttpBodyPermit& permit) {
  while (true) {
    if (!buffer_.data().empty()) buffer_.consume(parser.put(buffer_.data()));
    if (parser.refusal()) {
      const HttpRefusal refusal = *parser.refusal();
      co_await refuse(refusal);
      co_return false;
    }
    if (parser.done()) co_return true;
    if (parser.chunked_body().size() + kReadBytes > permit.bytes()) {
      const bool granted = co_await take_permit(kChunkedPermitBytes, permit);
      if (!granted) {
        const HttpRefusal refusal{503, "too many request bodies are being worked on; try again later"};
        co_await refuse(refusal);
        co_return false;
      }
      arm(shared_->options.io_timeout);
    }
    // Body bytes are consumed at once, so what stays in the buffer is a piece of a chunk header or of the trailer.
    if (buffer_.data().size() >= shared_->options.header_bytes_max) {
      const HttpRefusal refusal{400, "malformed HTTP request: a chunk header is too long"};
      co_await refuse(refusal);
      co_return false;
    }
    const bool ok = co_await read_more(kReadBytes);
    if (!ok) co_return false;
    arm(shared_->options.io_timeout);
  }
}

// Waits at most io_timeout for the budget. While it waits nothing is read, so the sender waits as well.
asio::awaitable<bool> HttpConnection::take_permit(std::uint64_t bytes, HttpBodyPermit& permit) {
  const std::uint64_t wanted = shared_->bodies->clamp(bytes);
  if (shared_->bodies->try_take(wanted)) {
    permit.add(wanted);
    co_return true;
  }
  disarm();
  auto waiter = std::make_shared<HttpBodyBudget::Waiter>();
  waiter->bytes = wanted;
  auto woken = std::make_shared<bool>(false);  // of the io thread
  waiter->granted = [self = shared_from_this(), woken] {
    asio::post(self->thread_->context, [self, woken] {
      *woken = true;
      self->wake_.cancel();
    });
  };
  wake_.expires_after(shared_->options.io_timeout);
  shared_->bodies->wait(waiter);
  error_code ec;
  while (!*woken && socket_.is_open()) {
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) break;  // the time is over
  }
  const bool granted = shared_->bodies->stop_waiting(waiter);
  if (granted) permit.add(wanted);
  co_return granted;
}

// --- the handler ---------------------------------------------------------------------------------------------------

asio::awaitable<void> HttpConnection::run_handler(std::shared_ptr<Call> call) {
  call->finished = false;
  shared_->executor.spawn(Call::handle(call));
  co_await wait_for_call(call);
}

asio::awaitable<void> HttpConnection::wait_for_call(std::shared_ptr<Call> call) {
  wake_.expires_after(kWatchAfter);
  while (!call->finished) {
    error_code ec;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (call->finished) break;
    watch_client();
    wake_.expires_at(asio::steady_timer::time_point::max());
  }
}

// Waits for the socket to become readable while a handler runs: either the client has closed, or it is early with its
// next request, which then stays where it is.
void HttpConnection::watch_client() {
  if (watching_ || !socket_.is_open()) return;
  watching_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](error_code ec) {
    self->watching_ = false;
    if (!ec) self->on_client_event();
  });
}

void HttpConnection::on_client_event() {
  if (!call_ || !socket_.is_open()) return;
  char byte = 0;
  const ssize_t n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return watch_client();
  if (n <= 0) call_->request.client_gone.cancel();
}

// --- writing -------------------------------------------------------------------------------------------------------

asio::awaitable<bool> HttpConnection::write(std::vector<asio::const_buffer> buffers) {
  arm(shared_->options.io_timeout);
  auto first = buffers.begin();
  while (first != buffers.end()) {
    if (first->size() == 0) {
      ++first;
      continue;
    }
    std::vector<asio::const_buffer> rest(first, buffers.end());
    error_code ec;
    std::size_t n = co_await write_some(std::move(rest), ec);
    if (ec) {
      disarm();
      co_return false;
    }
    for (; first != buffers.end() && n >= first->size(); ++first) n -= first->size();
    if (first != buffers.end()) *first += n;
    arm(shared_->options.io_timeout);
  }
  disarm();
  co_return true;
}

asio::awaitable<bool> HttpConnection::write_response(std::shared_ptr<Call> call, bool head_only, bool http_1_0,
                                                     bool keep) {
  HttpResponse& response = call->response;
  const bool bodiless = response.status == 204 || response.status == 304;
  const bool chunked = response.stream && !http_1_0 && !bodiless;
  const std::string head = response_head(response, !response.stream && !bodiless, chunked, http_1_0, keep);
  std::vector<asio::const_buffer> buffers{asio::buffer(head)};
  if (!bodiless && !head_only && !response.stream) buffers.push_back(asio::buffer(response.body));
  bool ok = co_await write(std::move(buffers));
  if (ok && response.stream && !bodiless && !head_only) ok = co_await write_stream(call, chunked);
  if (response.stream) {
    call->finished = false;
    shared_->executor.spawn(Call::finish(call));
    co_await wait_for_call(call);
    response.stream = nullptr;
  }
  co_return ok;
}

asio::awaitable<bool> HttpConnection::write_stream(std::shared_ptr<Call> call, bool chunked) {
  while (true) {
    call->finished = false;
    shared_->executor.spawn(Call::next(call));
    co_await wait_for_call(call);
    if (call->stream_failed) co_return false;
    const bool last = call->piece.empty();
    const std::string size = last ? "0\r\n" : fmt::format("{:x}\r\n", call->piece.size());
    static constexpr std::string_view kLineEnd = "\r\n";
    std::vector<asio::const_buffer> buffers;
    if (chunked) buffers.push_back(asio::buffer(size));
    buffers.push_back(asio::buffer(call->piece));
    if (chunked) buffers.push_back(asio::buffer(kLineEnd));
    const bool ok = co_await write(std::move(buffers));
    if (!ok || last) co_return ok;
  }
}

// Answers without a handler and ends the connection: the rest of the request is not known, or not wanted.
asio::awaitable<void> HttpConnection::refuse(HttpRefusal refusal) {
  shared_->requests_refused.add();
  refused_ = true;
  timed_out_ = false;
  phase_ = Phase::kWriting;
  HttpResponse response = text_response(refusal.status, refusal.text + "\n");
  if (refusal.status == 503) response.headers.set("Retry-After", "1");
  const std::string head = response_head(response, true, false, false, false);
  std::vector<asio::const_buffer> buffers{asio::buffer(head), asio::buffer(response.body)};
  const bool ok = co_await write(std::move(buffers));
  if (ok) co_await linger();
}

asio::awaitable<void> HttpConnection::linger() {
  error_code ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  arm(kLingerTime);
  std::vector<char> discarded(kReadBytes);
  while (!ec) {
    co_await socket_.async_read_some(asio::buffer(discarded), asio::redirect_error(asio::use_awaitable, ec));
  }
  disarm();
}

std::string HttpConnection::response_head(const HttpResponse& response, bool has_length, bool chunked, bool http_1_0,
                                          bool keep) {
  const std::int64_t second = shared_->executor.clock().now().value / 1'000'000'000;
  if (second != thread_->date_second) {
    thread_->date_second = second;
    thread_->date = http_date(second);
  }
  ResponseFraming framing{
      .date = thread_->date, .content_length = {}, .chunked = chunked, .http_1_0 = http_1_0, .keep_alive = keep};
  if (has_length) framing.content_length = response.body.size();
  return response_head_text(response, framing);
}

// --- time-outs -----------------------------------------------------------------------------------------------------

void HttpConnection::arm(base::nanoseconds timeout) {
  timed_out_ = false;
  deadline_ = std::chrono::steady_clock::now() + timeout;
  if (!timer_running_ || timer_.expiry() > deadline_) start_timer();
}

void HttpConnection::disarm() {
  deadline_ = asio::steady_timer::time_point::max();
}

// The timer is left running when the deadline moves back, and looks again when it fires: moving a deadline costs
// nothing.
void HttpConnection::start_timer() {
  timer_.expires_at(deadline_);
  timer_running_ = true;
  timer_.async_wait([self = shared_from_this(), generation = ++timer_generation_](error_code) {
    if (generation == self->timer_generation_) self->on_timer();
  });
}

void HttpConnection::on_timer() {
  timer_running_ = false;
  if (deadline_ == asio::steady_timer::time_point::max()) return;
  if (std::chrono::steady_clock::now() < deadline_) return start_timer();
  deadline_ = asio::steady_timer::time_point::max();
  timed_out_ = true;
  shared_->timeouts.add();
  error_code ignored;
  socket_.cancel(ignored);
}

}  // namespace cordwood::io
