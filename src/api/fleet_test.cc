// The fleet's endpoints and coverage in answers, over a real fleet.
#include <gtest/gtest.h>

#include "api/api_world.h"
#include "ingest/native/heartbeat.h"
#include "testing/mem_fleet.h"

namespace cordwood::api {
namespace {

using std::chrono::seconds;

class FleetWorld {
 public:
  FleetWorld() {
    world.api = std::make_unique<Api>(ApiDependencies{.executor = world.executor,
                                                      .metrics = world.metrics,
                                                      .decoder = world.decoder,
                                                      .sink = world.sink,
                                                      .sources = world.sink,
                                                      .queries = world.queries,
                                                      .store = world.store,
                                                      .ready = [] { return base::ok_status(); },
                                                      .options = {},
                                                      .tails = nullptr,
                                                      .heartbeats = &*fleet_,
                                                      .coverage = &*fleet_,
                                                      .fleet = &*fleet_});
  }

  Answer beat(std::string host, core::AgentEnding ending = core::AgentEnding::kNone) {
    core::Heartbeat heartbeat;
    heartbeat.agent = {{static_cast<std::uint64_t>(host.back()), 1}};
    heartbeat.epoch = 1;
    heartbeat.host = host;
    heartbeat.sequence = ++sequence_[host];
    heartbeat.sent_at = world.executor.clock().now();
    heartbeat.watermark = heartbeat.sent_at;
    heartbeat.ending = ending;
    heartbeat.account_begins = heartbeat.account_ends = true;
    core::LedgerEntry entry;
    entry.generation = {{static_cast<std::uint64_t>(host.back()), 2}};
    entry.path = "/var/log/app.log";
    entry.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"app", "x"}, {"host", host}});
    entry.losses = {{3, 100, true, heartbeat.sent_at - seconds(20), heartbeat.sent_at, core::LossReason::kGone}};
    if (host == "web-1") entry.losses.clear();
    heartbeat.entries = {entry};
    return world.ask("POST", "/api/v1/heartbeat", ingest::native::encode_heartbeat(heartbeat));
  }

  ApiWorld world;

 private:
  testing::MemFleet fleet_{world.executor, world.metrics};
  std::map<std::string, std::uint64_t> sequence_;
};

bool has(const Answer& answer, std::string_view text) {
  return answer.body.find(text) != std::string::npos;
}

TEST(ApiFleet, AnswersSayWhatTheyAreCompleteFor) {
  FleetWorld fleet;
  fleet.world.queries.result.data = core::MatrixResult{};
  const std::string query = "/loki/api/v1/query_range?query=count_over_time(%7Bapp%3D%22x%22%7D%5B1m%5D)";
  EXPECT_TRUE(has(fleet.world.get(query), R"("coverage":{"matched":false,"complete":false,"complete_through":null)"));
  ASSERT_EQ(fleet.beat("web-1").status, 200U);
  ASSERT_EQ(fleet.beat("db-2").status, 200U);
  const Answer answer = fleet.world.get(query);
  EXPECT_TRUE(has(answer, R"("hosts":{"expected":2,"complete":2,"behind":0,"silent":0,"skewed":0})")) << answer.body;
  EXPECT_TRUE(has(answer, R"("lost_bytes":{"at_least":100,"exact":true})")) << answer.body;
  EXPECT_TRUE(has(answer, R"("not_complete":[{"host":"db-2","state":"complete",)")) << answer.body;
  EXPECT_TRUE(has(answer, R"("details":"/api/v1/coverage?query=count_over_time)")) << answer.body;
}

TEST(ApiFleet, TheNativeQueryTellsItBeforeTheEnd) {
  FleetWorld fleet;
  ASSERT_EQ(fleet.beat("web-1").status, 200U);
  fleet.world.queries.labels = {core::Labels({{"app", "x"}, {"host", "web-1"}}),
                                core::Labels({core::Label{"app", "x"}})};
  const Answer answer = fleet.world.get("/api/v1/query?query=%7Bapp%3D%22x%22%7D");
  const std::size_t coverage = answer.body.find(R"({"event":"coverage","coverage":{"matched":true)");
  ASSERT_NE(coverage, std::string::npos) << answer.body;
  EXPECT_LT(coverage, answer.body.find(R"({"event":"end")"));
  EXPECT_TRUE(has(answer, R"("unaccounted_streams":1,)")) << answer.body;
}

TEST(ApiFleet, AMetricQueryIsAboutWhatItLooksBackOn) {
  FleetWorld fleet;
  ASSERT_EQ(fleet.beat("db-2").status, 200U);
  fleet.world.queries.result.data = core::VectorResult{};
  fleet.world.executor.run_for(seconds(40));
  const std::string now = std::to_string(fleet.world.executor.clock().now().value);
  const std::string query = "/loki/api/v1/query?time=" + now + "&query=count_over_time(%7Bapp%3D%22x%22%7D%5B";
  EXPECT_TRUE(has(fleet.world.get(query + "30s%5D)"), R"("lost_bytes":{"at_least":0,)"));
  EXPECT_TRUE(has(fleet.world.get(query + "50s%5D)"), R"("lost_bytes":{"at_least":100,)"));
}

TEST(ApiFleet, HostsAndFilesAreListedAndRetired) {
  FleetWorld fleet;
  ASSERT_EQ(fleet.beat("web-1").status, 200U);
  ASSERT_EQ(fleet.beat("db-2", core::AgentEnding::kStopped).status, 200U);
  fleet.world.executor.run_for(seconds(10));
  const Answer hosts = fleet.world.get("/api/v1/fleet");
  EXPECT_TRUE(has(hosts, R"({"host":"db-2","state":"silent")")) << hosts.body;
  EXPECT_FALSE(has(hosts, "entries"));
  const Answer files = fleet.world.get("/api/v1/fleet?host=db-2&files=true");
  EXPECT_TRUE(has(files, R"("path":"/var/log/app.log")")) << files.body;
  EXPECT_TRUE(has(files, R"("reason":"gone before it was read")")) << files.body;
  EXPECT_FALSE(has(files, "web-1"));
  EXPECT_EQ(fleet.world.get("/api/v1/fleet?host=no").status, 404U);
  EXPECT_EQ(fleet.world.ask("POST", "/api/v1/fleet/retire?host=db-2").status, 204U);
  EXPECT_EQ(fleet.world.ask("POST", "/api/v1/fleet/retire?host=web-1").status, 409U) << "it is alive";
  EXPECT_EQ(fleet.world.ask("POST", "/api/v1/fleet/retire").status, 400U);
  EXPECT_TRUE(has(fleet.world.get("/api/v1/coverage?query=%7Bapp%3D%22x%22%7D"), R"("expected":1,)"));
}

TEST(ApiFleet, BadHeartbeatsAreRefused) {
  FleetWorld fleet;
  EXPECT_EQ(fleet.world.ask("POST", "/api/v1/heartbeat", "nonsense").status, 400U);
  EXPECT_EQ(fleet.world.ask("POST", "/api/v1/heartbeat", "").status, 400U);
  EXPECT_EQ(fleet.world.get("/api/v1/coverage?query=nonsense").status, 400U);
}

}  // namespace
}  // namespace cordwood::api
