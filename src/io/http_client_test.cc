#include "io/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/thread_executor.h"
#include "io/http_server.h"

namespace cordwood::io {
namespace {

using namespace std::chrono_literals;
using base::StatusCode;
using base::Task;

class Drip final : public BodyStream {
 public:
  Drip(base::Executor& executor, int pieces, bool fail) : executor_(executor), left_(pieces), fail_(fail) {}
  Task<base::StatusOr<std::string>> next() override {
    if (left_ == 0) {
      if (fail_) co_return base::data_loss_error("torn");
      co_return std::string();
    }
    --left_;
    co_await executor_.sleep_for(1ms);
    co_return std::string("drop\n");
  }

 private:
  base::Executor& executor_;
  int left_;
  const bool fail_;
};

struct Seen {
  base::Executor* executor = nullptr;
  base::Event* stop = nullptr;
  std::atomic<int> requests{0};
};

Task<HttpResponse> answer(Seen* seen, HttpRequest* request) {
  ++seen->requests;
  if (request->path == "/drip" || request->path == "/torn") {
    HttpResponse response;
    response.stream = std::make_unique<Drip>(*seen->executor, 20, request->path == "/torn");
    co_return response;
  }
  if (request->path == "/bad") co_return text_response(400, "parse error at line 1, col 2: no\n");
  if (request->path == "/hang") {
    while (!request->client_gone.cancelled() && !seen->stop->is_set()) co_await seen->executor->sleep_for(1ms);
    co_return text_response(200, "");
  }
  if (request->path == "/big") co_return text_response(200, std::string(1 << 20, 'b'));
  HttpResponse response =
      text_response(200, fmt::format("{} {} {} {}", request->method, request->headers.get("X-Tenant"),
                                     request->headers.get("Content-Type"), *request->body));
  response.headers.set("X-Peer", request->peer);
  response.headers.set("X-Query", request->query);
  co_return response;
}

class HttpClientTest : public testing::Test {
 protected:
  void SetUp() override {
    seen_.executor = &executor_;
    seen_.stop = &stop_;
    HttpServerOptions options;
    options.listen = "127.0.0.1:0";
    Seen* const seen = &seen_;
    auto server = HttpServer::start(
        options, executor_, [seen](HttpRequest& request) { return answer(seen, &request); }, metrics_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(server).value();
    client_ = make_http_client(executor_);
  }
  void TearDown() override { stop_.set(); }
  std::string url(std::string_view path) { return fmt::format("http://127.0.0.1:{}{}", server_->port(), path); }
  base::StatusOr<ClientResponse> send(ClientRequest request) {
    return base::sync_wait(executor_, client_->send(std::move(request)));
  }

  base::MetricsRegistry metrics_;
  base::ThreadExecutor executor_;
  base::Event stop_{executor_};
  Seen seen_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(HttpClientTest, SendsMethodHeadersAndBodyAndReusesTheConnection) {
  std::string peer;
  for (const std::string method : {"GET", "POST", "PUT", "DELETE", "POST"}) {
    ClientRequest request;
    request.method = method;
    request.url = url("/echo?a=b%20c");
    request.headers.set("X-Tenant", "t1");
    if (method != "GET") request.headers.set("Content-Type", "text/x");
    if (method != "GET") request.body = "body";
    const auto response = send(std::move(request));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 200U);
    EXPECT_EQ(response->body, method == "GET" ? "GET t1  " : method + " t1 text/x body");
    EXPECT_EQ(response->headers.get("x-query"), "a=b%20c");
    if (!peer.empty()) {
      EXPECT_EQ(response->headers.get("X-Peer"), peer);
    }
    peer = response->headers.get("X-Peer");
  }
}

TEST_F(HttpClientTest, BodiesOverOneMegabyteWaitForContinue) {
  ClientRequest request;
  request.method = "POST";
  request.url = url("/echo");
  request.body = std::string(3 << 20, 'x');
  const auto response = send(std::move(request));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body.size(), (3U << 20) + 7);
}

TEST_F(HttpClientTest, HeadAndErrorsAreAnswers) {
  ClientRequest head;
  head.method = "HEAD";
  head.url = url("/echo");
  EXPECT_EQ(send(std::move(head))->body, "");
  ClientRequest bad;
  bad.url = url("/bad");
  const auto response = send(std::move(bad));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 400U);
  EXPECT_EQ(response->body, "parse error at line 1, col 2: no\n");
}

TEST_F(HttpClientTest, ARefusedConnectionSaysWhatToDo) {
  const std::string gone = url("");
  server_->stop(0s);
  ClientRequest request;
  request.url = gone + "/secret?token=1";
  const auto response = send(std::move(request));
  EXPECT_EQ(response.status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(base::message_of(response.status()),
            "could not connect to " + gone + ": connection refused; is \"cordwood server\" running there?");
}

TEST_F(HttpClientTest, BadUrlsAndUnknownHosts) {
  for (const char* bad : {"", "nonsense://x", "http://", "file:///etc/passwd"}) {
    ClientRequest request;
    request.url = bad;
    EXPECT_EQ(send(std::move(request)).status().code(), StatusCode::kInvalidArgument) << bad;
  }
  ClientRequest request;
  request.url = "http://no-such-host.invalid/";
  EXPECT_EQ(send(std::move(request)).status().code(), StatusCode::kUnavailable);
}

TEST_F(HttpClientTest, CancelAndStallEndARequest) {
  ClientRequest cancelled;
  cancelled.url = url("/hang");
  base::CancelToken token = cancelled.cancel;
  std::thread canceller([&] {
    while (seen_.requests.load() == 0) std::this_thread::sleep_for(1ms);
    token.cancel();
  });
  EXPECT_EQ(send(std::move(cancelled)).status().code(), StatusCode::kCancelled);
  canceller.join();
  ClientRequest stalled;
  stalled.url = url("/hang");
  stalled.stall_timeout = 50ms;
  EXPECT_EQ(send(std::move(stalled)).status().code(), StatusCode::kDeadlineExceeded);
}

TEST_F(HttpClientTest, AnswersHaveALimit) {
  ClientRequest request;
  request.url = url("/big");
  request.response_bytes_max = 1000;
  EXPECT_EQ(send(std::move(request)).status().code(), StatusCode::kResourceExhausted);
}

TEST_F(HttpClientTest, StreamHandsPiecesOverAsTheyCome) {
  std::string all;
  ClientRequest request;
  request.url = url("/drip");
  std::function<bool(std::string_view)> reader = [&](std::string_view piece) {
    all += piece;
    return true;
  };
  const auto response = base::sync_wait(executor_, client_->stream(std::move(request), std::move(reader)));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(all.size(), 100U);
}

TEST_F(HttpClientTest, AReaderMayStopAndErrorsAreNotData) {
  std::size_t pieces = 0;
  ClientRequest request;
  request.url = url("/drip");
  std::function<bool(std::string_view)> once = [&](std::string_view) { return ++pieces < 1; };
  EXPECT_EQ(base::sync_wait(executor_, client_->stream(std::move(request), once)).status().code(),
            StatusCode::kCancelled);
  EXPECT_EQ(pieces, 1U);
  ClientRequest bad;
  bad.url = url("/bad");
  const auto response = base::sync_wait(executor_, client_->stream(std::move(bad), once));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 400U);
  EXPECT_EQ(response->body, "parse error at line 1, col 2: no\n");
  EXPECT_EQ(pieces, 1U);
}

TEST_F(HttpClientTest, ATruncatedStreamIsAnError) {
  ClientRequest request;
  request.url = url("/torn");
  std::function<bool(std::string_view)> reader = [](std::string_view) { return true; };
  const auto response = base::sync_wait(executor_, client_->stream(std::move(request), std::move(reader)));
  EXPECT_EQ(response.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(base::message_of(response.status()).find("broke off"), std::string_view::npos) << response.status();
}

}  // namespace
}  // namespace cordwood::io
