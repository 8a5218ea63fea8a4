// Tail through the Api: a WebSocket's messages, without the WebSocket.
#include <gtest/gtest.h>

#include "api/api_world.h"

namespace cordwood::api {
namespace {

using namespace std::chrono_literals;

const ApiWorld::Headers kUpgrade = {{"Upgrade", "websocket"},
                                    {"Connection", "keep-alive, Upgrade"},
                                    {"Sec-WebSocket-Version", "13"},
                                    {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
const std::string kTail = "/loki/api/v1/tail?query=" + io::percent_encode(R"({app="x"})");

core::Row row(std::int64_t time, std::string line) {
  core::Row made;
  made.position.time = {time};
  made.line = std::move(line);
  made.stream_labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"app", "x"}});
  return made;
}

// The first `count` messages; the client is gone then.
std::vector<std::string> messages(ApiWorld& world, const std::string& target, std::size_t count,
                                  const ApiWorld::Headers& more = {}) {
  ApiWorld::Headers headers = kUpgrade;
  headers.insert(headers.end(), more.begin(), more.end());
  io::HttpRequest request = ApiWorld::request("GET", target, {}, headers);
  io::HttpResponse response = base::sync_wait(world.executor, world.api->handle(request));
  EXPECT_TRUE(response.websocket) << response.body;
  std::vector<std::string> out;
  while (response.stream && out.size() < count) {
    base::StatusOr<std::string> piece = base::sync_wait(world.executor, response.stream->next());
    if (!piece.ok() || piece->empty()) break;
    out.push_back(*piece);
  }
  request.client_gone.cancel();
  if (response.stream) {
    const base::StatusOr<std::string> last = base::sync_wait(world.executor, response.stream->next());
    EXPECT_TRUE(last.ok() && last->empty());
    base::sync_wait(world.executor, response.stream->finish());
  }
  return out;
}

core::TailBatch batch(std::vector<core::Row> rows) {
  core::TailBatch made;
  made.rows = std::move(rows);
  return made;
}

TEST(Tail, HistoryThenWhatArrivesAndNothingTwice) {
  ApiWorld world;
  core::LogStream stream;
  stream.labels = core::Labels(std::vector<core::Label>{{"app", "x"}});
  stream.entries = {{{2}, "two", {}, {}}, {{1}, "one", {}, {}}};
  world.queries.result.data = core::LogResult{stream};
  world.tails.batches.push_back(batch({row(2, "two"), row(3, "three")}));
  world.tails.batches.push_back(batch({row(2, "two")}));
  const auto got = messages(world, kTail + "&limit=7", 3);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0], R"({"streams":[{"stream":{"app":"x"},"values":[["1","one"],["2","two"]]}]})");
  EXPECT_EQ(got[1], R"({"streams":[{"stream":{"app":"x"},"values":[["3","three"]]}]})");
  // Only once: a second row that looks the same is another one.
  EXPECT_EQ(got[2], R"({"streams":[{"stream":{"app":"x"},"values":[["2","two"]]}]})");
  EXPECT_EQ(world.queries.requests.at(0).limit, 7U);
  EXPECT_EQ(world.queries.requests.at(0).direction, core::Direction::kBackward);
}

TEST(Tail, SaysWhatItDropped) {
  ApiWorld world;
  world.queries.result.data = core::LogResult{};
  core::TailBatch dropped;
  dropped.dropped = {{{5}, std::make_shared<const core::Labels>(std::vector<core::Label>{{"app", "x"}})}};
  dropped.dropped_count = 1;
  world.tails.batches.push_back(std::move(dropped));
  const auto got = messages(world, kTail, 1, {{"X-Loki-Response-Encoding-Flags", "categorize-labels"}});
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(
      got[0],
      R"({"streams":[],"dropped_entries":[{"timestamp":"5","labels":{"app":"x"}}],"encodingFlags":["categorize-labels"]})");
}

TEST(Tail, DelayGathersAndSorts) {
  ApiWorld world;
  world.queries.result.data = core::LogResult{};
  world.tails.batches.push_back(batch({row(3, "three")}));
  world.tails.batches.push_back(batch({row(2, "two")}));
  const auto before = world.executor.clock().monotonic();
  const auto got = messages(world, kTail + "&delay_for=2", 1);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0], R"({"streams":[{"stream":{"app":"x"},"values":[["2","two"],["3","three"]]}]})");
  EXPECT_GE(world.executor.clock().monotonic() - before, 2s);
}

TEST(Tail, TheLegacyForm) {
  ApiWorld world;
  world.queries.result.data = core::LogResult{};
  world.tails.batches.push_back(batch({row(3, "three")}));
  const auto got = messages(world, "/api/prom/tail?query=" + io::percent_encode(R"({app="x"})"), 1);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(
      got[0],
      R"({"streams":[{"labels":"{app=\"x\"}","entries":[{"ts":"1970-01-01T00:00:00.000000003Z","line":"three"}]}]})");
}

TEST(Tail, BadRequests) {
  ApiWorld world;
  EXPECT_EQ(world.get(kTail).status, 400U);  // no upgrade
  EXPECT_EQ(world.get("/loki/api/v1/tail?query=x", kUpgrade).status, 400U);
  EXPECT_EQ(world.get(kTail + "&delay_for=6", kUpgrade).body, "delay_for can't be greater than 5");
  EXPECT_EQ(world.get(kTail + "&limit=6000", kUpgrade).status, 400U);
  EXPECT_EQ(world.get("/loki/api/v1/tail?query=" + io::percent_encode(R"(rate({app="x"}[1m]))"), kUpgrade).status,
            400U);
  world.tails.error = base::resource_exhausted_error("max concurrent tail requests limit exceeded");
  EXPECT_EQ(world.get(kTail, kUpgrade).status, 429U);
}

}  // namespace
}  // namespace cordwood::api
