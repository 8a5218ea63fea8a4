#include "io/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/thread_executor.h"

namespace cordwood::io {
namespace {

using namespace std::chrono_literals;
using base::Task;

// A client that sends exactly what a test wants. Reads give up after 10 s, so that a broken server fails and not hangs.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // False at the end of the connection.
  bool receive() {
    pollfd poller{fd_, POLLIN, 0};
    if (::poll(&poller, 1, 10'000) != 1) return false;
    char buffer[65536];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    received.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  bool receive_until(std::string_view text) {
    while (received.find(text) == std::string::npos) {
      if (!receive()) return false;
    }
    return true;
  }
  // Everything up to the end of the connection.
  std::string receive_all() {
    while (receive()) {
    }
    return received;
  }
  // Status line, header and body of the next answer that has a length.
  std::string receive_answer() {
    if (!receive_until("\r\n\r\n")) return std::exchange(received, {});
    const std::size_t header = received.find("\r\n\r\n") + 4;
    const std::size_t length_at = received.find("Content-Length: ");
    const std::size_t length =
        length_at == std::string::npos || length_at > header ? 0 : std::stoul(received.substr(length_at + 16));
    while (received.size() < header + length && receive()) {
    }
    const std::string answer = received.substr(0, header + length);
    received.erase(0, header + length);
    return answer;
  }
  std::string ask(std::string_view request) {
    send(request);
    return receive_answer();
  }

  std::string received;

 private:
  int fd_;
  bool connected_ = false;
};

// What the handlers of these tests share with them.
struct World {
  explicit World(base::Executor& e) : executor(e), go_on(e) {}
  base::Executor& executor;
  base::Event go_on;
  std::atomic<int> running{0};
  std::atomic<int> seen{0};
  std::atomic<int> cancelled{0};
  std::atomic<std::size_t> pieces{0};
  std::atomic<std::size_t> body_bytes{0};
};

class CountingStream final : public BodyStream {
 public:
  CountingStream(World& world, std::size_t pieces, std::size_t bytes, bool fail)
      : world_(world), left_(pieces), bytes_(bytes), fail_(fail) {}
  Task<base::StatusOr<std::string>> next() override {
    if (left_ == 0) {
      if (fail_) co_return base::data_loss_error("torn");
      co_return std::string();
    }
    --left_;
    ++world_.pieces;
    co_return std::string(bytes_, 'p');
  }

 private:
  World& world_;
  std::size_t left_;
  const std::size_t bytes_;
  const bool fail_;
};

Task<HttpResponse> handle(World* world, HttpRequest* request) {
  ++world->seen;
  if (request->path == "/echo") {
    co_return text_response(200, *request->body);
  }
  if (request->path == "/length") {
    world->body_bytes += request->body->size();
    co_return text_response(200, std::to_string(request->body->size()));
  }
  if (request->path == "/wait") {
    ++world->running;
    co_await world->go_on.wait();
    --world->running;
    co_return text_response(200, "waited");
  }
  if (request->path == "/until-gone") {
    ++world->running;
    while (!request->client_gone.cancelled()) co_await world->executor.sleep_for(2ms);
    ++world->cancelled;
    --world->running;
    co_return text_response(200, "");
  }
  if (request->path == "/stream" || request->path == "/torn") {
    HttpResponse response;
    response.stream = std::make_unique<CountingStream>(*world, 3, 10, request->path == "/torn");
    co_return response;
  }
  if (request->path == "/long") {
    HttpResponse response;
    response.stream = std::make_unique<CountingStream>(*world, 10'000, 64 << 10, false);
    co_return response;
  }
  if (request->path == "/nothing") {
    HttpResponse response;
    response.status = 204;
    co_return response;
  }
  HttpResponse response = text_response(404, request->method + " " + request->path + "?" + request->query + "\n");
  response.headers.set("X-Bad", "a\r\nX-Injected: b");
  co_return response;
}

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpServerOptions options = {}) {
    options.listen = "127.0.0.1:0";
    World* const world = &world_;
    auto server = HttpServer::start(
        options, executor_, [world](HttpRequest& request) { return handle(world, &request); }, metrics_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(server).value();
  }
  // Waits for something that another thread is about to bring about.
  template <typename Condition>
  static bool soon(Condition condition) {
    for (int i = 0; i < 10'000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }
  std::int64_t open_connections() { return metrics_.gauge("cordwood_http_connections", "").value(); }
  std::uint64_t timeouts() { return metrics_.counter("cordwood_http_timeouts_total", "").value(); }

  base::MetricsRegistry metrics_;
  base::ThreadExecutor executor_;
  World world_{executor_};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnection) {
  start();
  RawClient client(server_->port());
  for (int i = 0; i < 100; ++i) {
    const std::string answer = client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    ASSERT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    ASSERT_TRUE(answer.ends_with("\r\n\r\nhello")) << answer;
    ASSERT_EQ(answer.find("Connection: close"), std::string::npos);
  }
  EXPECT_NE(client.ask("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").find(" GMT\r\n"), std::string::npos);
  EXPECT_EQ(open_connections(), 1);
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrderAndGarbageEndsTheConnection) {
  start();
  RawClient client(server_->port());
  client.send(
      "\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi\x01\x02 "
      "garbage\r\n\r\n");
  const std::string all = client.receive_all();
  const std::size_t first = all.find("GET /a?");
  const std::size_t second = all.find("\r\n\r\nhi");
  const std::size_t third = all.find("HTTP/1.1 400 Bad Request");
  EXPECT_TRUE(first < second && second < third && third != std::string::npos) << all;
  EXPECT_EQ(world_.seen.load(), 2);
}

TEST_F(HttpServerTest, HeadHasTheLengthButNoBody) {
  start();
  RawClient client(server_->port());
  client.send("HEAD /nope HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string all = client.receive_all();
  EXPECT_NE(all.find("Content-Length: 12\r\n"), std::string::npos) << all;
  EXPECT_EQ(all.find("HEAD /nope"), std::string::npos) << all;
  // 204 has neither body nor length.
  const std::string second = all.substr(all.find("HTTP/1.1 204"));
  EXPECT_EQ(second.find("Content-Length"), std::string::npos) << all;
  EXPECT_NE(second.find("Connection: close\r\n"), std::string::npos) << all;
}

TEST_F(HttpServerTest, HeaderValuesCannotStartANewHeader) {
  start();
  RawClient client(server_->port());
  EXPECT_EQ(client.ask("GET /x HTTP/1.1\r\nHost: x\r\n\r\n").find("\r\nX-Injected"), std::string::npos);
}

TEST_F(HttpServerTest, Http10ClosesAndGetsStreamsWithoutChunks) {
  start();
  RawClient closing(server_->port());
  closing.send("GET /stream HTTP/1.0\r\n\r\n");
  const std::string all = closing.receive_all();
  EXPECT_TRUE(all.ends_with("\r\n\r\n" + std::string(30, 'p'))) << all;
  EXPECT_EQ(all.find("chunked"), std::string::npos);
  RawClient keeping(server_->port());
  for (int i = 0; i < 2; ++i) {
    EXPECT_NE(keeping.ask("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").find("Connection: keep-alive\r\n"),
              std::string::npos);
  }
}

TEST_F(HttpServerTest, LargeAndChunkedBodiesArriveWhole) {
  start();
  RawClient client(server_->port());
  std::string body(10 << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761U >> 13);
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  std::thread sender([&] { client.send(body); });
  const std::string answer = client.receive_answer();
  sender.join();
  EXPECT_TRUE(answer.ends_with(body));

  std::string chunked;
  for (std::size_t at = 0; at < body.size(); at += 100'001) {
    const std::string_view piece = std::string_view(body).substr(at, 100'001);
    chunked += fmt::format("{:X}\r\n{}\r\n", piece.size(), piece);
  }
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::thread chunk_sender([&] { client.send(chunked + "0\r\n\r\n"); });
  const std::string second = client.receive_answer();
  chunk_sender.join();
  EXPECT_TRUE(second.ends_with(body));
}

TEST_F(HttpServerTest, OversizedBodiesAre413BeforeTheyAreRead) {
  HttpServerOptions options;
  options.body_bytes_max = 1000;
  start(options);
  {
    RawClient client(server_->port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n");
    EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 413 "));
  }
  {
    // The client is told even when it goes on sending.
    RawClient client(server_->port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + std::string(300'000, 'x'));
    EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 413 "));
  }
  {
    RawClient client(server_->port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') +
                "\r\n1\r\nx\r\n0\r\n\r\n");
    EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 413 "));
  }
  EXPECT_EQ(world_.seen.load(), 0);
  RawClient client(server_->port());
  EXPECT_TRUE(client.ask("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'))
                  .ends_with("1000"));
}

TEST_F(HttpServerTest, ExpectContinueIsAnsweredOnlyWhenTheBodyIsWanted) {
  HttpServerOptions options;
  options.body_bytes_max = 1000;
  start(options);
  RawClient client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(client.receive_until("HTTP/1.1 100 Continue\r\n\r\n"));
  client.received.clear();
  EXPECT_TRUE(client.ask("ok").ends_with("ok"));
  RawClient refused(server_->port());
  refused.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(refused.receive_all().starts_with("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, HugeHeadersAre431) {
  HttpServerOptions options;
  options.header_bytes_max = 2000;
  start(options);
  RawClient client(server_->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n");
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, SlowHeadersBodiesAndIdleConnectionsTimeOut) {
  HttpServerOptions options;
  options.header_timeout = 150ms;
  options.idle_timeout = 150ms;
  options.io_timeout = 150ms;
  start(options);
  {
    // A byte now and then does not extend the time of a header.
    RawClient slow(server_->port());
    const std::string header = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const auto begin = std::chrono::steady_clock::now();
    for (const char c : header) {
      if (!slow.send({&c, 1}) || std::chrono::steady_clock::now() - begin > 5s) break;
      std::this_thread::sleep_for(10ms);
      if (timeouts() > 0) break;
    }
    EXPECT_TRUE(slow.receive_all().starts_with("HTTP/1.1 408 "));
  }
  {
    RawClient silent(server_->port());
    EXPECT_EQ(silent.receive_all(), "");
  }
  {
    RawClient idle(server_->port());
    EXPECT_TRUE(idle.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404 "));
    EXPECT_EQ(idle.receive_all(), "");
  }
  {
    RawClient body(server_->port());
    body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_TRUE(body.receive_all().starts_with("HTTP/1.1 408 "));
  }
  EXPECT_EQ(timeouts(), 4U);
  EXPECT_TRUE(soon([&] { return open_connections() == 0; }));
}

TEST_F(HttpServerTest, AHandlerHasNoTimeLimitOfTheServer) {
  HttpServerOptions options;
  options.header_timeout = 30ms;
  options.idle_timeout = 30ms;
  options.io_timeout = 30ms;
  start(options);
  RawClient client(server_->port());
  client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(soon([&] { return world_.running.load() == 1; }));
  std::this_thread::sleep_for(150ms);
  world_.go_on.set();
  EXPECT_TRUE(client.receive_answer().ends_with("waited"));
}

TEST_F(HttpServerTest, TheHandlerLearnsThatItsClientHasGone) {
  start();
  RawClient client(server_->port());
  client.send("GET /until-gone HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(soon([&] { return world_.running.load() == 1; }));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(world_.cancelled.load(), 0);
  client.close();
  EXPECT_TRUE(soon([&] { return world_.cancelled.load() == 1; }));
  EXPECT_TRUE(soon([&] { return open_connections() == 0; }));
}

TEST_F(HttpServerTest, ClosingInTheMiddleOfARequestIsHarmless) {
  start();
  const std::string request = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t length = 0; length < request.size(); length += 3) {
    RawClient client(server_->port());
    client.send(request.substr(0, length));
  }
  EXPECT_TRUE(soon([&] { return open_connections() == 0; }));
  EXPECT_EQ(world_.seen.load(), 0);
}

TEST_F(HttpServerTest, StreamsAreChunked) {
  start();
  RawClient client(server_->port());
  client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.receive_until("0\r\n\r\n"));
  const std::string piece = "a\r\npppppppppp\r\n";
  EXPECT_TRUE(client.received.ends_with("\r\n\r\n" + piece + piece + piece + "0\r\n\r\n")) << client.received;
  EXPECT_NE(client.received.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  client.received.clear();
  EXPECT_TRUE(client.ask("GET /x HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404"));
}

TEST_F(HttpServerTest, AStreamThatFailsIsSeenAsTruncated) {
  start();
  RawClient client(server_->port());
  client.send("GET /torn HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string all = client.receive_all();
  EXPECT_TRUE(all.ends_with("pppppppppp\r\n")) << all;
}

TEST_F(HttpServerTest, ASlowReaderSlowsTheMaker) {
  HttpServerOptions options;
  options.io_timeout = 400ms;
  start(options);
  RawClient client(server_->port(), 4096);
  client.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.receive_until("ppp"));
  std::size_t before = 0;
  ASSERT_TRUE(soon([&] {
    const std::size_t now = world_.pieces.load();
    std::this_thread::sleep_for(20ms);
    return world_.pieces.load() == now && std::exchange(before, now) == now;
  }));
  // The kernel's buffers hold a few MB; of 625 MB only that much was made.
  EXPECT_LT(world_.pieces.load() * (64 << 10), 32U << 20);
  // Who reads nothing at all for io_timeout is cut off.
  EXPECT_TRUE(soon([&] { return open_connections() == 0; }));
  EXPECT_EQ(timeouts(), 1U);
}

TEST_F(HttpServerTest, AStreamEndsWhenItsReaderGoes) {
  start();
  {
    RawClient client(server_->port());
    client.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(client.receive_until("ppp"));
  }
  EXPECT_TRUE(soon([&] { return open_connections() == 0; }));
  EXPECT_LT(world_.pieces.load(), 10'000U);
}

TEST_F(HttpServerTest, ManyConnectionsAtOnce) {
  HttpServerOptions options;
  options.threads = 2;
  start(options);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&] {
      std::vector<std::unique_ptr<RawClient>> clients;
      for (int i = 0; i < 10; ++i) clients.push_back(std::make_unique<RawClient>(server_->port()));
      for (int round = 0; round < 5; ++round) {
        for (auto& client : clients) {
          client->send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n" + std::string(3000, 'x'));
        }
        for (auto& client : clients) {
          if (client->receive_answer().ends_with("\r\n\r\n3000")) ++good;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good.load(), 1000);
  EXPECT_EQ(world_.body_bytes.load(), 3'000'000U);
  EXPECT_TRUE(soon([&] { return open_connections() == 0; }));
}

TEST_F(HttpServerTest, ConnectionsOverTheMaximumAreClosed) {
  HttpServerOptions options;
  options.connections_max = 2;
  start(options);
  auto first = std::make_unique<RawClient>(server_->port());
  RawClient second(server_->port());
  EXPECT_FALSE(first->ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").empty());
  EXPECT_FALSE(second.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").empty());
  RawClient third(server_->port());
  EXPECT_EQ(third.receive_all(), "");
  first.reset();
  ASSERT_TRUE(soon([&] { return open_connections() == 1; }));
  RawClient fourth(server_->port());
  EXPECT_FALSE(fourth.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").empty());
}

TEST_F(HttpServerTest, BodiesInFlightWaitForEachOther) {
  HttpServerOptions options;
  options.bodies_in_flight_bytes_max = 1000;
  start(options);
  RawClient first(server_->port());
  first.send("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 800\r\n\r\n" + std::string(800, 'x'));
  ASSERT_TRUE(soon([&] { return world_.running.load() == 1; }));
  RawClient second(server_->port());
  second.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 800\r\n\r\n" + std::string(800, 'x'));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(world_.seen.load(), 1);
  world_.go_on.set();
  EXPECT_TRUE(first.receive_answer().ends_with("waited"));
  EXPECT_TRUE(second.receive_answer().ends_with("800"));
  // One that is larger than the whole budget can still be read alone.
  EXPECT_TRUE(second.ask("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'))
                  .ends_with("5000"));
}

TEST_F(HttpServerTest, ABodyThatGetsNoRoomInTimeIs503) {
  HttpServerOptions options;
  options.bodies_in_flight_bytes_max = 1000;
  options.io_timeout = 100ms;
  start(options);
  RawClient first(server_->port());
  first.send("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 800\r\n\r\n" + std::string(800, 'x'));
  ASSERT_TRUE(soon([&] { return world_.running.load() == 1; }));
  RawClient second(server_->port());
  second.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 800\r\n\r\n" + std::string(800, 'x'));
  const std::string answer = second.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  world_.go_on.set();
  EXPECT_TRUE(first.receive_answer().ends_with("waited"));
}

TEST_F(HttpServerTest, StopLetsARunningRequestEndAndClosesIdleConnections) {
  start();
  RawClient idle(server_->port());
  EXPECT_FALSE(idle.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").empty());
  RawClient busy(server_->port());
  busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(soon([&] { return world_.running.load() == 1; }));
  const std::uint16_t port = server_->port();
  std::thread stopper([&] { server_->stop(30s); });
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_TRUE(soon([&] { return !RawClient(port).connected(); }));
  world_.go_on.set();
  const std::string answer = busy.receive_all();
  EXPECT_TRUE(answer.ends_with("waited")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  stopper.join();
  EXPECT_EQ(open_connections(), 0);
}

TEST_F(HttpServerTest, StopCancelsWhatTakesLongerThanTheGrace) {
  start();
  RawClient client(server_->port());
  client.send("GET /until-gone HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(soon([&] { return world_.running.load() == 1; }));
  RawClient half(server_->port());
  half.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
  RawClient stream(server_->port());
  stream.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(stream.receive_until("ppp"));
  server_->stop(20ms);
  EXPECT_EQ(world_.cancelled.load(), 1);
  EXPECT_EQ(world_.running.load(), 0);
  EXPECT_EQ(open_connections(), 0);
}

TEST_F(HttpServerTest, ListenErrorsSayWhatIsWrong) {
  start();
  const auto try_to_listen = [&](std::string listen) {
    HttpServerOptions options;
    options.listen = std::move(listen);
    World* const world = &world_;
    return HttpServer::start(
               options, executor_, [world](HttpRequest& request) { return handle(world, &request); }, metrics_)
        .status();
  };
  const base::Status taken = try_to_listen("127.0.0.1:" + std::to_string(server_->port()));
  EXPECT_EQ(taken.code(), base::StatusCode::kUnavailable);
  EXPECT_NE(base::message_of(taken).find("is another server running there"), std::string_view::npos) << taken;
  for (const char* bad : {"", "3100", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", "::1:3100", "256.0.0.1.x:1"}) {
    EXPECT_EQ(try_to_listen(bad).code(), base::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_TRUE(try_to_listen("[::1]:0").ok());
}

}  // namespace
}  // namespace cordwood::io
