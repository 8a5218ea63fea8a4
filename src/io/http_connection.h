// One connection of the HTTP server: reads requests, hands each to the executor, writes the answer. Lives on one io
// thread, whose single thread is its strand; only what is posted there touches it. Asio stays in this header's .cc
// files.
#pragma once

#include "io/asio_config.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "io/http_body_budget.h"
#include "io/http_parser.h"
#include "io/http_server.h"

namespace cordwood::io {

class HttpConnection;
struct HttpMessages;

// What all connections of a server share. Outlives them.
struct HttpServerShared {
  HttpServerShared(HttpServerOptions server_options, base::Executor& work_executor, HttpHandler request_handler,
                   base::MetricsRegistry& metrics);

  const HttpServerOptions options;
  base::Executor& executor;
  const HttpHandler handler;
  const std::shared_ptr<HttpBodyBudget> bodies;
  std::atomic<bool> stopping{false};

  base::Gauge& connections_open;
  base::Counter& connections_refused;
  base::Counter& requests_refused;  // answered by the server itself, before a handler saw them
  base::Counter& timeouts;
  base::Counter& handshakes_failed;

  // Of connections that have not ended, on all threads.
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t connections = 0;
};

// An event loop with its one thread.
struct HttpIoThread {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  std::unordered_set<HttpConnection*> connections;  // touched by the thread only
  std::string date;                                 // of the Date header, made once a second
  std::int64_t date_second = -1;
  std::thread thread;
};

// Grows as a header needs it; an idle connection holds no more than kIdleBytes.
class HttpReadBuffer {
 public:
  static constexpr std::size_t kIdleBytes = 4096;
  std::string_view data() const { return {bytes_.data() + begin_, end_ - begin_}; }
  // At least `at_least` bytes of room behind the data.
  boost::asio::mutable_buffer prepare(std::size_t at_least);
  void commit(std::size_t n) { end_ += n; }
  void consume(std::size_t n);
  void shrink();

 private:
  std::vector<char> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<HttpServerShared> shared, std::shared_ptr<HttpIoThread> thread,
                 boost::asio::ip::tcp::socket socket);
  ~HttpConnection();

  // Serves until the connection ends; ended() is to be called afterwards, on the io thread, also after an exception.
  // The connection is in thread->connections meanwhile.
  boost::asio::awaitable<void> run();
  void ended();
  // An idle connection ends now, a busy one after its answer.
  void drain();
  // Breaks off: cancels the running request and closes the socket. The handler still has to end.
  void abort();

 private:
  struct Call;
  enum class Phase { kIdle, kReading, kRunning, kWriting };

  boost::asio::awaitable<bool> handshake();
  // What the connection carries, TLS taken off.
  boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer room, boost::system::error_code& error);
  boost::asio::awaitable<std::size_t> write_some(std::vector<boost::asio::const_buffer> buffers,
                                                 boost::system::error_code& error);
  boost::asio::awaitable<bool> serve_one(bool first);
  boost::asio::awaitable<bool> read_header(HttpRequestParser& parser, bool first);
  boost::asio::awaitable<bool> read_body(HttpRequestParser& parser);
  boost::asio::awaitable<bool> read_sized_body(std::uint64_t length, std::string& body);
  boost::asio::awaitable<bool> read_chunked_body(HttpRequestParser& parser, HttpBodyPermit& permit);
  boost::asio::awaitable<bool> take_permit(std::uint64_t bytes, HttpBodyPermit& permit);
  boost::asio::awaitable<bool> read_more(std::size_t at_least);
  boost::asio::awaitable<void> run_handler(std::shared_ptr<Call> call);
  boost::asio::awaitable<void> wait_for_call(std::shared_ptr<Call> call);
  boost::asio::awaitable<bool> write_response(std::shared_ptr<Call> call, bool head_only, bool http_1_0, bool keep);
  boost::asio::awaitable<bool> write_stream(std::shared_ptr<Call> call, bool chunked);
  boost::asio::awaitable<bool> write(std::vector<boost::asio::const_buffer> buffers);
  // http_websocket.cc: the messages of the answer's stream until either side ends it.
  boost::asio::awaitable<void> serve_messages(std::shared_ptr<Call> call);
  boost::asio::awaitable<void> read_frames(std::shared_ptr<Call> call, std::shared_ptr<HttpMessages> messages);
  boost::asio::awaitable<bool> wait_for_message(std::shared_ptr<Call> call, HttpMessages& messages);
  boost::asio::awaitable<void> refuse(HttpRefusal refusal);
  boost::asio::awaitable<void> linger();

  void arm(base::nanoseconds timeout);
  void disarm();
  void start_timer();
  void on_timer();
  void watch_client();
  void on_client_event();
  std::string response_head(const HttpResponse& response, bool has_length, bool chunked, bool http_1_0, bool keep);

  const std::shared_ptr<HttpServerShared> shared_;
  const std::shared_ptr<HttpIoThread> thread_;
  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<boost::asio::ssl::context> tls_context_;
  std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;  // null: plain
  std::string peer_;
  HttpReadBuffer buffer_;
  Phase phase_ = Phase::kIdle;
  std::shared_ptr<const std::string> body_;

  // The watchdog: cancels what the socket is doing once deadline_ has passed.
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer::time_point deadline_ = boost::asio::steady_timer::time_point::max();
  bool timer_running_ = false;
  std::uint64_t timer_generation_ = 0;
  bool timed_out_ = false;
  bool refused_ = false;

  boost::asio::steady_timer wake_;  // cancelled when the handler, or the body budget, has something
  std::shared_ptr<Call> call_;      // while a handler runs or its answer is written
  bool watching_ = false;
  std::shared_ptr<HttpMessages> messages_;  // while the connection is a WebSocket
};

}  // namespace cordwood::io
