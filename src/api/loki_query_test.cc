// Loki's read endpoints through the Api: what the engine is asked, and how its answers and errors go out.
#include <gtest/gtest.h>

#include "api/api_world.h"

namespace cordwood::api {
namespace {

core::Labels label_set(std::vector<core::Label> labels) {
  return core::Labels(std::move(labels));
}

using namespace std::chrono_literals;

std::string url(std::string_view path, const io::HttpParams& params) {
  std::string out(path);
  for (const auto& [name, value] : params) {
    out += out.find('?') == std::string::npos ? '?' : '&';
    out += io::percent_encode(name) + "=" + io::percent_encode(value);
  }
  return out;
}

const std::string kSelector = R"({app="x"})";

TEST(QueryRange, PassesParametersOn) {
  ApiWorld world;
  world.queries.result.data = core::LogResult{};
  const Answer answer = world.get(url("/loki/api/v1/query_range", {{"query", kSelector},
                                                                   {"start", "1700000000"},
                                                                   {"end", "1700000100"},
                                                                   {"limit", "17"},
                                                                   {"direction", "forward"},
                                                                   {"interval", "2s"}}));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/json; charset=UTF-8");
  EXPECT_TRUE(answer.body.starts_with(R"({"status":"success","data":{"resultType":"streams","result":[],"stats":{)"));
  const core::QueryRequest& request = world.queries.requests.at(0);
  EXPECT_EQ(request.query, kSelector);
  EXPECT_FALSE(request.instant);
  EXPECT_EQ(request.start.value, 1'700'000'000'000'000'000);
  EXPECT_EQ(request.end.value, 1'700'000'100'000'000'000);
  EXPECT_EQ(request.limit, 17U);
  EXPECT_EQ(request.direction, core::Direction::kForward);
  EXPECT_EQ(request.interval, 2s);
  EXPECT_EQ(request.tenant, core::TenantId::default_tenant());
}

TEST(QueryRange, TakesAFormBody) {
  ApiWorld world;
  const Answer answer =
      world.ask("POST", "/loki/api/v1/query_range?limit=3", url("", {{"query", kSelector}, {"limit", "4"}}).substr(1),
                {{"Content-Type", "application/x-www-form-urlencoded"}});
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(world.queries.requests.at(0).limit, 4U);  // the body comes first, as in Go
}

TEST(QueryRange, MetricQueriesAreAlignedToTheirStepAndLogQueriesAreNot) {
  ApiWorld world;
  const io::HttpParams range = {{"start", "1700000003"}, {"end", "1700000097"}, {"step", "10"}};
  io::HttpParams metric = range;
  metric.emplace_back("query", "count_over_time({app=\"x\"}[1m])");
  EXPECT_EQ(world.get(url("/loki/api/v1/query_range", metric)).status, 200U);
  EXPECT_EQ(world.queries.requests.at(0).start.value, 1'700'000'000'000'000'000);
  EXPECT_EQ(world.queries.requests.at(0).end.value, 1'700'000'100'000'000'000);
  EXPECT_EQ(world.queries.requests.at(0).step, 10s);
  io::HttpParams log = range;
  log.emplace_back("query", kSelector);
  EXPECT_EQ(world.get(url("/loki/api/v1/query_range", log)).status, 200U);
  EXPECT_EQ(world.queries.requests.at(1).start.value, 1'700'000'003'000'000'000);
  EXPECT_EQ(world.queries.requests.at(1).end.value, 1'700'000'097'000'000'000);
}

TEST(QueryRange, BadRequestsAre400WithLokisText) {
  ApiWorld world;
  const std::pair<io::HttpParams, std::string_view> rows[] = {
      {{{"query", "{app=\"x\""}}, "parse error"},
      {{{"query", ""}}, "parse error"},
      {{{"query", "{}"}}, "queries require at least one regexp or equality matcher"},
      {{{"query", kSelector + " |= "}}, "parse error at line 1, col"},
      {{{"query", "sum("}}, "parse error"},
      {{{"query", std::string(140'000, ' ') + kSelector}}, "input size too long"},
      {{{"query", kSelector}, {"limit", "5001"}},
       "max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)"},
      {{{"query", kSelector}, {"start", "5"}, {"end", "4"}}, "end timestamp must not be before or equal to start time"},
      {{{"query", kSelector}, {"start", "0"}, {"end", "20000"}, {"step", "1"}},
       "exceeded maximum resolution of 11,000"},
      {{{"query", kSelector}, {"start", "when"}}, "could not parse 'start' parameter"},
  };
  for (const auto& [params, text] : rows) {
    const Answer answer = world.get(url("/loki/api/v1/query_range", params));
    EXPECT_EQ(answer.status, 400U) << answer.body;
    EXPECT_NE(answer.body.find(text), std::string::npos) << answer.body;
    EXPECT_EQ(answer.headers.get("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(answer.headers.get("X-Content-Type-Options"), "nosniff");
  }
  EXPECT_TRUE(world.queries.requests.empty());
  // The limit on entries is for log queries only.
  EXPECT_EQ(world.get(url("/loki/api/v1/query_range", {{"query", "rate({app=\"x\"}[1m])"}, {"limit", "9000"}})).status,
            200U);
}

TEST(QueryInstant, MetricOnly) {
  ApiWorld world;
  world.queries.result.data = core::VectorResult{{{.labels = {}, .samples = {{{1'000'000'000}, 2}}}}};
  const Answer answer =
      world.get(url("/loki/api/v1/query", {{"query", "vector(1)+vector(1)"}, {"time", "4000000000"}}));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_NE(answer.body.find(R"("resultType":"vector","result":[{"metric":{},"value":[1,"2"]}])"), std::string::npos);
  EXPECT_TRUE(world.queries.requests.at(0).instant);
  EXPECT_EQ(world.queries.requests.at(0).end.value, 4'000'000'000'000'000'000);
  const Answer log = world.get(url("/loki/api/v1/query", {{"query", kSelector}}));
  EXPECT_EQ(log.status, 400U);
  EXPECT_EQ(log.body,
            "log queries are not supported as an instant query type, please change your query to a range query type");
}

TEST(Query, ErrorsOfTheEngine) {
  const std::tuple<base::Status, unsigned, std::string_view> rows[] = {
      {base::invalid_argument_error("pipeline error"), 400, "pipeline error"},
      {base::cancelled_error("x"), 499, "the request was cancelled by the client"},
      {base::deadline_exceeded_error("x"), 504, "request timed out, decrease the duration of the request"},
      {base::resource_exhausted_error("memory budget of queries is spent"), 503, "memory budget"},
      {base::unavailable_error("catalog away"), 503, "catalog away"},
      {base::unimplemented_error("not supported yet"), 501, "not supported yet"},
      {base::internal_error("many-to-many matching not allowed"), 500, "many-to-many"},
  };
  for (const auto& [error, status, text] : rows) {
    ApiWorld world;
    world.queries.error = error;
    const Answer answer = world.get(url("/loki/api/v1/query_range", {{"query", kSelector}}));
    EXPECT_EQ(answer.status, status);
    EXPECT_NE(answer.body.find(text), std::string::npos) << answer.body;
    EXPECT_EQ(answer.headers.has("Retry-After"), status == 503) << status;
  }
}

TEST(Query, TheClientsCancelTokenReachesTheEngine) {
  ApiWorld world;
  io::HttpRequest request = ApiWorld::request("GET", url("/loki/api/v1/query_range", {{"query", kSelector}}));
  world.ask(request);
  request.client_gone.cancel();
  EXPECT_TRUE(world.queries.requests.at(0).cancel.cancelled());
}

TEST(Metadata, LabelsValuesAndSeries) {
  ApiWorld world;
  world.queries.names = {"app", "job"};
  world.queries.labels = {label_set({{"app", "x"}})};
  for (const char* path : {"/loki/api/v1/labels", "/loki/api/v1/label"}) {
    EXPECT_EQ(world.get(path).body, "{\"status\":\"success\",\"data\":[\"app\",\"job\"]}\n");
  }
  EXPECT_TRUE(world.queries.series_requests.at(0).selectors.empty());
  EXPECT_EQ(
      world.get(url("/loki/api/v1/label/app/values", {{"query", kSelector}, {"start", "5"}, {"end", "6"}})).status,
      200U);
  EXPECT_EQ(world.queries.value_name, "app");
  const core::SeriesRequest& values = world.queries.series_requests.back();
  EXPECT_EQ(values.selectors, std::vector<std::string>{kSelector});
  EXPECT_EQ(values.range.begin.value, 5'000'000'000);
  EXPECT_TRUE(values.range.contains({6'000'000'000}));  // both ends belong to it
  EXPECT_FALSE(values.range.contains({6'000'000'001}));

  EXPECT_EQ(
      world.get(url("/loki/api/v1/series", {{"match[]", kSelector}, {"match", "{b=\"1\"}"}, {"match[]", kSelector}}))
          .body,
      "{\"status\":\"success\",\"data\":[{\"app\":\"x\"}]}\n");
  EXPECT_EQ(world.queries.series_requests.back().selectors, (std::vector<std::string>{kSelector, "{b=\"1\"}"}));
  world.get(url("/loki/api/v1/series", {{"match[]", "{}"}}));
  EXPECT_TRUE(world.queries.series_requests.back().selectors.empty());

  EXPECT_EQ(world.get(url("/loki/api/v1/index/stats", {{"query", kSelector}})).body,
            "{\"streams\":1,\"chunks\":2,\"bytes\":4,\"entries\":3}\n");
  EXPECT_EQ(world.get("/loki/api/v1/labels?start=x").status, 400U);
  world.queries.error = base::invalid_argument_error("parse error at line 1, col 2: no");
  EXPECT_EQ(world.get("/loki/api/v1/series?match[]=%7B").status, 400U);
}

TEST(Tools, FormatQueryAndBuildInfo) {
  ApiWorld world;
  const Answer formatted = world.get(url("/loki/api/v1/format_query", {{"query", "{app=\"x\"}|=`y`"}}));
  EXPECT_EQ(formatted.status, 200U);
  EXPECT_EQ(formatted.body, R"({"status":"success","data":"{app=\"x\"} |= \"y\""})");
  const Answer bad = world.get(url("/loki/api/v1/format_query", {{"query", "{"}}));
  EXPECT_EQ(bad.status, 400U);
  EXPECT_TRUE(bad.body.starts_with(R"({"status":"invalid-query","error":"parse error)")) << bad.body;
  EXPECT_NE(world.get("/loki/api/v1/status/buildinfo").body.find(R"("version":"0.1.0")"), std::string::npos);
}

TEST(Tools, WhatIsNotBuiltSaysSoAndRulesAreUnknown) {
  ApiWorld world;
  EXPECT_EQ(world.ask("POST", "/otlp/v1/logs").body, "/otlp/v1/logs is not supported yet\n");
  EXPECT_EQ(world.get("/loki/api/v1/rules").status, 404U);
  EXPECT_EQ(world.get("/prometheus/api/v1/rules").body, "404 page not found\n");
}

}  // namespace
}  // namespace cordwood::api
