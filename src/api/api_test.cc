// Routes, methods, tenants, operations and metrics of the Api.
#include "api/api.h"

#include <gtest/gtest.h>

#include "api/api_world.h"

namespace cordwood::api {
namespace {

using namespace std::chrono_literals;

const ApiWorld::Headers kBrowser = {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}};

TEST(Api, UnknownPathsAndMethods) {
  ApiWorld world;
  const Answer unknown = world.get("/nope");
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_EQ(unknown.body, "404 page not found\n");
  const Answer method = world.ask("DELETE", "/loki/api/v1/query_range");
  EXPECT_EQ(method.status, 405U);
  EXPECT_EQ(method.headers.get("Allow"), "GET, POST");
  EXPECT_EQ(world.ask("GET", "/loki/api/v1/push").status, 405U);
}

TEST(Api, ReadyTellsWhatItWaitsFor) {
  ApiWorld world;
  EXPECT_EQ(world.get("/ready").status, 200U);
  EXPECT_EQ(world.get("/ready").body, "ready\n");
  world.readiness = base::unavailable_error("the journal is being replayed");
  const Answer answer = world.get("/ready");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_TRUE(answer.headers.has("Retry-After"));
  EXPECT_EQ(answer.body, "not ready: the journal is being replayed\n");
}

TEST(Api, StatusHasTheFixedNames) {
  ApiWorld world;
  world.store.facts = {.stored_bytes = 1,
                       .raw_bytes = 2,
                       .records = 3,
                       .parts = 4,
                       .journal_bytes = 5,
                       .head_bytes = 6,
                       .head_records = 7,
                       .streams = 8,
                       .disk_budget_bytes = 9};
  world.executor.run_for(1500ms);
  const Answer answer = world.get("/api/v1/status");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body,
            "{\"version\":\"0.1.0\",\"revision\":\"unknown\",\"uptime_seconds\":1.5,\"stored_bytes\":1,\"raw_bytes\":2,"
            "\"records\":3,\"parts\":4,\"journal_bytes\":5,\"head_bytes\":6,\"head_records\":7,\"streams\":8,"
            "\"disk_budget_bytes\":9,\"deletions_waiting\":0}\n");
}

TEST(Api, FlushAndCompactWaitAndReportFailure) {
  ApiWorld world;
  EXPECT_EQ(world.ask("POST", "/flush").status, 204U);
  EXPECT_EQ(world.ask("POST", "/api/v1/admin/compact?wait=true").status, 204U);
  EXPECT_EQ(world.store.flushes, 1);
  EXPECT_EQ(world.store.compactions, 1);
  EXPECT_EQ(world.ask("POST", "/api/v1/admin/compact").status, 400U);
  EXPECT_EQ(world.ask("GET", "/flush").status, 405U);
  world.store.error = base::unavailable_error("catalog away");
  const Answer answer = world.ask("POST", "/flush");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_TRUE(answer.headers.has("Retry-After"));
}

TEST(Api, HomeIsAPageForBrowsersAndAGreetingForOthers) {
  ApiOptions options;
  options.version = "1<2";
  ApiWorld world(options);
  world.store.facts.records = 12345;
  const Answer page = world.get("/", kBrowser);
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.headers.get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("Version 1&lt;2, ready."), std::string::npos);
  EXPECT_NE(page.body.find("12345"), std::string::npos);
  EXPECT_NE(page.body.find("/loki/api/v1/push"), std::string::npos);
  world.store.error = base::unavailable_error("catalog away");
  EXPECT_NE(world.get("/", kBrowser).body.find("catalog away"), std::string::npos);

  const Answer greeting = world.get("/", {{"Accept", "application/json"}});
  EXPECT_EQ(greeting.headers.get("X-Elastic-Product"), "Elasticsearch");
  EXPECT_NE(greeting.body.find("\"tagline\":\"You Know, for Search\""), std::string::npos);
  EXPECT_EQ(world.ask("HEAD", "/").status, 200U);
  const Answer ui = world.get("/ui/");
  EXPECT_EQ(ui.status, 302U);
  EXPECT_EQ(ui.headers.get("Location"), "/");
}

TEST(Api, ConfigAndMetricsNeedNoTenant) {
  ApiOptions options;
  options.tenants = true;
  options.config_text = "listen = \"x\"\n";
  ApiWorld world(options);
  EXPECT_EQ(world.get("/config").body, "listen = \"x\"\n");
  EXPECT_EQ(world.get("/loki/api/v1/labels").status, 401U);
  EXPECT_EQ(world.get("/loki/api/v1/labels", {{"X-Scope-OrgID", "a"}}).status, 200U);
  EXPECT_EQ(world.queries.series_requests.at(0).tenant.value, "a");
  EXPECT_EQ(world.get("/api/v1/query?query=%7Ba%3D%22b%22%7D").status, 401U);
  world.ask("BREW", "/coffee");
  const Answer metrics = world.get("/metrics");
  EXPECT_EQ(metrics.status, 200U);
  EXPECT_EQ(metrics.headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"cordwood_http_requests_total{method=\"GET\",route=\"/loki/api/v1/labels\",status=\"401\"} 1\n",
        "cordwood_http_requests_total{method=\"GET\",route=\"/loki/api/v1/labels\",status=\"200\"} 1\n",
        "cordwood_http_requests_total{method=\"other\",route=\"none\",status=\"404\"} 1\n",
        "cordwood_http_request_seconds_count{route=\"/loki/api/v1/labels\"} 2\n"}) {
    EXPECT_NE(metrics.body.find(line), std::string::npos) << line << metrics.body;
  }
}

}  // namespace
}  // namespace cordwood::api
