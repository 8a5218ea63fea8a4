#include "io/http_parser.h"

#include <gtest/gtest.h>

namespace cordwood::io {
namespace {

constexpr std::uint64_t kHeaderMax = 4096;
constexpr std::uint64_t kBodyMax = 1000;

// Presents `bytes` in pieces of `step`, as a slow network would.
std::size_t feed(HttpRequestParser& parser, std::string_view bytes, std::size_t step) {
  std::size_t consumed = 0;
  for (std::size_t end = std::min(step, bytes.size());; end = std::min(end + step, bytes.size())) {
    while (consumed < end && !parser.refusal()) {
      const std::size_t n = parser.put(bytes.substr(consumed, end - consumed));
      consumed += n;
      if (n == 0 || parser.done() || (parser.header_done() && !parser.chunked())) break;
    }
    if (end == bytes.size() || parser.refusal() || parser.done()) return consumed;
    if (parser.header_done() && !parser.chunked()) return consumed;
  }
}

class Steps : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(All, Steps, testing::Values(1, 3, 7, 100000));

TEST_P(Steps, HeaderIsTakenAndTheBodyLeft) {
  HttpRequestParser parser(kHeaderMax, kBodyMax);
  const std::string header =
      "POST /loki/api/v1/push?a=%7B&b HTTP/1.1\r\nHost: x\r\nX-Twice: 1\r\nx-twice: 2\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(feed(parser, header + "hello", GetParam()), header.size());
  ASSERT_TRUE(parser.header_done());
  ASSERT_FALSE(parser.refusal());
  const HttpRequest& request = parser.request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/loki/api/v1/push");
  EXPECT_EQ(request.query, "a=%7B&b");
  EXPECT_EQ(request.headers.get("X-TWICE"), "1");
  EXPECT_EQ(request.headers.all().size(), 4U);
  EXPECT_TRUE(request.keep_alive);
  EXPECT_EQ(parser.content_length(), 5U);
  EXPECT_FALSE(parser.chunked());
}

TEST_P(Steps, ChunkedBodyIsJoinedAndWhatFollowsIsLeft) {
  HttpRequestParser parser(kHeaderMax, kBodyMax);
  const std::string message =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;name=value\r\nhello\r\n1\r\n \r\n005\r\nworld\r\n0\r\nX-Trailer: 1\r\n\r\n";
  EXPECT_EQ(feed(parser, message + "GET", GetParam()), message.size());
  ASSERT_FALSE(parser.refusal());
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(parser.chunked_body(), "hello world");
  EXPECT_FALSE(parser.request().headers.has("X-Trailer"));
}

TEST_P(Steps, BodiesOverTheLimitAre413) {
  HttpRequestParser sized(kHeaderMax, kBodyMax);
  feed(sized, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", GetParam());
  ASSERT_TRUE(sized.refusal());
  EXPECT_EQ(sized.refusal()->status, 413U);

  HttpRequestParser chunked(kHeaderMax, kBodyMax);
  const std::string piece = "1f4\r\n" + std::string(500, 'x') + "\r\n";
  feed(chunked, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + piece + piece + "1\r\nx\r\n",
       GetParam());
  ASSERT_TRUE(chunked.refusal());
  EXPECT_EQ(chunked.refusal()->status, 413U);
  EXPECT_LE(chunked.chunked_body().size(), kBodyMax);

  // A chunk that announces more than fits is refused before a byte of it is kept.
  HttpRequestParser huge(kHeaderMax, kBodyMax);
  feed(huge, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc", GetParam());
  ASSERT_TRUE(huge.refusal());
  EXPECT_EQ(huge.refusal()->status, 413U);
  EXPECT_EQ(huge.chunked_body(), "");
}

struct Bad {
  std::string_view message;
  unsigned status;
};
class BadRequests : public testing::TestWithParam<Bad> {};

TEST_P(BadRequests, AreRefusedInAnyPieces) {
  for (const std::size_t step : {1U, 5U, 100000U}) {
    HttpRequestParser parser(kHeaderMax, kBodyMax);
    feed(parser, GetParam().message, step);
    ASSERT_TRUE(parser.refusal()) << GetParam().message;
    EXPECT_EQ(parser.refusal()->status, GetParam().status) << parser.refusal()->text;
    EXPECT_FALSE(parser.refusal()->text.empty());
    EXPECT_EQ(parser.put("GET / HTTP/1.1\r\n\r\n"), 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRequests,
    testing::Values(Bad{"rubbish\r\n\r\n", 400}, Bad{"GET /\r\n\r\n", 400}, Bad{"GET / HTTP/2.0\r\n\r\n", 400},
                    Bad{"GET relative HTTP/1.1\r\nHost: x\r\n\r\n", 400}, Bad{"GET / HTTP/1.1\r\n\r\n", 400},
                    Bad{"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
                    Bad{"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400},
                    Bad{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
                    Bad{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
                    Bad{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
                    Bad{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
                    Bad{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
                    Bad{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
                    Bad{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400}));

TEST(HttpRequestParser, HeaderOverTheLimitIs431) {
  HttpRequestParser parser(kHeaderMax, kBodyMax);
  const std::string line = "X-Filler: " + std::string(300, 'a') + "\r\n";
  std::string message = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 100; ++i) message += line;
  feed(parser, message, 1000);
  ASSERT_TRUE(parser.refusal());
  EXPECT_EQ(parser.refusal()->status, 431U);
}

TEST(HttpRequestParser, FormsOfTheTarget) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"/a/b", "/a/b"},      {"/a%2Fb%20c", "/a/b c"}, {"http://host:1/a?x", "/a"},
      {"https://host", "/"}, {"http://host?x", "/"},   {"*", "*"},
      {"/a+b", "/a+b"},
  };
  for (const auto& [target, path] : rows) {
    HttpRequestParser parser(kHeaderMax, kBodyMax);
    feed(parser, "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n", 100000);
    ASSERT_FALSE(parser.refusal()) << target;
    EXPECT_EQ(parser.request().path, path) << target;
    EXPECT_EQ(parser.request().query, target.find('?') == std::string_view::npos ? "" : "x") << target;
  }
}

TEST(HttpRequestParser, KeepAliveByVersionAndHeader) {
  const std::tuple<std::string_view, std::string_view, bool> rows[] = {
      {"1.1", "", true}, {"1.1", "close", false}, {"1.0", "", false}, {"1.0", "keep-alive", true}};
  for (const auto& [version, connection, keep] : rows) {
    HttpRequestParser parser(kHeaderMax, kBodyMax);
    std::string message = "GET / HTTP/" + std::string(version) + "\r\nHost: x\r\n";
    if (!connection.empty()) message += "Connection: " + std::string(connection) + "\r\n";
    feed(parser, message + "\r\n", 100000);
    EXPECT_EQ(parser.request().keep_alive, keep) << message;
  }
}

}  // namespace
}  // namespace cordwood::io
