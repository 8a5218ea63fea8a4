// Loki's endpoints for explorers, deletion and the legacy paths through the Api: what is asked, and how answers go out.
#include <gtest/gtest.h>

#include "api/api_world.h"

namespace cordwood::api {
namespace {

using namespace std::chrono_literals;

std::string url(std::string_view path, const io::HttpParams& params) {
  std::string out(path);
  for (const auto& [name, value] : params) {
    out += out.find('?') == std::string::npos ? '?' : '&';
    out += io::percent_encode(name) + "=" + io::percent_encode(value);
  }
  return out;
}

core::Labels label_set(std::vector<core::Label> labels) {
  return core::Labels(std::move(labels));
}

bool contains(const Answer& answer, std::string_view text) {
  return answer.body.find(text) != std::string::npos;
}

const std::string kSelector = R"({app="x"})";

TEST(Volume, IsAVectorAtTheEndOfTheRange) {
  ApiWorld world;
  world.queries.volumes_found = {{label_set({{"app", "x"}}), 300, {}}};
  const Answer answer = world.get(url("/loki/api/v1/index/volume", {{"query", kSelector},
                                                                    {"start", "100"},
                                                                    {"end", "200"},
                                                                    {"limit", "5000"},
                                                                    {"targetLabels", "app, job"},
                                                                    {"aggregateBy", "series"}}));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_TRUE(contains(answer, R"("resultType":"vector","result":[{"metric":{"app":"x"},"value":[200,"300"]}])"))
      << answer.body;
  const core::VolumeRequest& request = world.queries.volume_requests.at(0);
  EXPECT_EQ(request.selector, kSelector);
  EXPECT_EQ(request.limit, 5000U);
  EXPECT_EQ(request.targets, (std::vector<std::string>{"app", "job"}));
  EXPECT_EQ(request.step.count(), 0);
}

TEST(Volume, RangeIsAMatrixOfBuckets) {
  ApiWorld world;
  world.queries.volumes_found = {{label_set({{"app", ""}}), 30, {{{100'000'000'000}, 10}, {{110'000'000'000}, 20}}}};
  const Answer answer = world.get(
      url("/loki/api/v1/index/volume_range",
          {{"query", kSelector}, {"start", "100"}, {"end", "200"}, {"step", "10s"}, {"aggregateBy", "labels"}}));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_TRUE(contains(answer, R"("values":[[100,"10"],[110,"20"]])")) << answer.body;
  EXPECT_TRUE(world.queries.volume_requests.at(0).by_label_name);
  EXPECT_EQ(world.queries.volume_requests.at(0).step, 10s);
}

TEST(Volume, OfLevelsIsAMetricQuery) {
  ApiWorld world;
  world.queries.result.data =
      core::MatrixResult{{{label_set({{"detected_level", "error"}}), {{{109'999'999'999}, 7}}}}};
  const Answer answer = world.get(url(
      "/loki/api/v1/index/volume_range",
      {{"query", kSelector}, {"start", "100"}, {"end", "200"}, {"step", "10s"}, {"targetLabels", "detected_level"}}));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(world.queries.requests.at(0).query, "sum by (detected_level) (bytes_over_time({app=\"x\"}[10s]))");
  EXPECT_EQ(world.queries.requests.at(0).levels, core::LevelUse::kWhenNamed);
  EXPECT_EQ(world.queries.requests.at(0).start.value, 109'999'999'999);
  EXPECT_TRUE(contains(answer, R"("values":[[100,"7"]])")) << answer.body;
}

TEST(Volume, BadRequestsAre400) {
  ApiWorld world;
  for (const char* target : {"/loki/api/v1/index/volume?aggregateBy=pods", "/loki/api/v1/index/volume?limit=0",
                             "/loki/api/v1/index/volume_range?step=0", "/loki/api/v1/index/volume?start=5&end=4",
                             "/loki/api/v1/index/volume_range?start=0&end=20000&step=1",
                             "/loki/api/v1/index/volume?query=%7Ba%3D%22b%22%7D&targetLabels=a-b,detected_level"}) {
    EXPECT_EQ(world.get(target).status, 400U) << target;
  }
  EXPECT_TRUE(world.queries.volume_requests.empty());
  EXPECT_TRUE(world.queries.requests.empty());
}

TEST(Patterns, SamplesAreSecondsAndCounts) {
  ApiWorld world;
  world.queries.patterns_found = {{"a <_> b", "info", 3, {{{10'000'000'000}, 1}, {{20'000'000'000}, 2}}}};
  const Answer answer =
      world.get(url("/loki/api/v1/patterns", {{"query", kSelector}, {"start", "0"}, {"end", "100"}, {"step", "1s"}}));
  EXPECT_EQ(
      answer.body,
      "{\"status\":\"success\",\"data\":[{\"pattern\":\"a <_> b\",\"level\":\"info\",\"samples\":[[10,1],[20,2]]}]}\n");
  EXPECT_EQ(world.queries.patterns_requests.at(0).step, 10s);  // no finer
}

TEST(DetectedLabels, LeavesOutNamesOfSingleThings) {
  ApiWorld world;
  world.queries.labels = {
      label_set({{"app", "x"}, {"id", "12"}, {"pod", "1"}, {"trace", "0c9d7f6e-1d2c-4b5a-8f3e-111111111111"}}),
      label_set({{"app", "y"}, {"id", "13"}, {"pod", "1"}})};
  EXPECT_EQ(world.get("/loki/api/v1/detected_labels").body,
            "{\"detectedLabels\":[{\"label\":\"app\",\"cardinality\":2},{\"label\":\"pod\",\"cardinality\":1}]}\n");
  EXPECT_TRUE(world.queries.series_requests.at(0).selectors.empty());
  world.queries.labels = {};
  EXPECT_EQ(world.get(url("/loki/api/v1/detected_labels", {{"query", kSelector}})).body, "{\"detectedLabels\":[]}\n");
  EXPECT_EQ(world.queries.series_requests.at(1).selectors, std::vector<std::string>{kSelector});
}

TEST(DetectedFields, FieldsAndValuesOfOne) {
  ApiWorld world;
  core::DetectedField status{"http_status", "int", {"200", "500"}, {"json"}, {"http", "status"}};
  core::DetectedField level{"detected_level", "string", {"info"}, {}, {}};
  world.queries.fields_found = {level, status};
  const Answer answer = world.get(
      url("/loki/api/v1/detected_fields", {{"query", kSelector}, {"line_limit", "500"}, {"field_limit", "7"}}));
  EXPECT_EQ(answer.body,
            "{\"fields\":[{\"label\":\"detected_level\",\"type\":\"string\",\"cardinality\":1,\"parsers\":null},"
            "{\"label\":\"http_status\",\"type\":\"int\",\"cardinality\":2,\"parsers\":[\"json\"],"
            "\"jsonPath\":[\"http\",\"status\"]}],\"limit\":7}\n");
  EXPECT_EQ(world.queries.fields_requests.at(0).lines_max, 500U);
  EXPECT_EQ(world.queries.fields_requests.at(0).fields_max, 7U);
  world.queries.fields_found = {status};
  EXPECT_EQ(
      world.get(url("/loki/api/v1/detected_field/http_status/values", {{"query", kSelector}, {"limit", "1"}})).body,
      "{\"values\":[\"200\"],\"limit\":1}\n");
  EXPECT_EQ(world.queries.fields_requests.at(1).only, "http_status");
  world.queries.fields_found = {};
  EXPECT_EQ(world.get(url("/loki/api/v1/detected_field/nothing/values", {{"query", kSelector}})).body,
            "{\"values\":[],\"limit\":1000}\n");
}

TEST(Delete, RequestListCancel) {
  ApiWorld world;
  const std::string request = url("/loki/api/v1/delete", {{"query", kSelector}, {"start", "1"}, {"end", "0"}});
  EXPECT_EQ(world.ask("POST", request).body, "start time can't be greater than end time\n");
  EXPECT_EQ(world.ask("POST", url("/loki/api/v1/delete", {{"query", kSelector}})).status, 400U);
  EXPECT_EQ(world.ask("POST", "/loki/api/v1/delete?start=1&end=2").body, "query not set\n");
  EXPECT_EQ(world.ask("POST", url("/loki/api/v1/delete", {{"query", kSelector}, {"start", "0"}, {"end", "9999999999"}}))
                .status,
            400U);
  base::sync_wait(world.executor, [](base::Executor* executor) -> base::Task<void> {
    co_await executor->sleep_for(100h);
  }(&world.executor));
  for (const char* method : {"POST", "PUT"}) {
    const Answer made =
        world.ask(method, url("/loki/api/v1/delete", {{"query", kSelector}, {"start", "0"}, {"end", "2"}}));
    EXPECT_EQ(made.status, 204U) << made.body;
    EXPECT_TRUE(made.headers.has("X-Delete-Request-ID"));
  }
  ASSERT_EQ(world.store.deletion_list.size(), 2U);
  EXPECT_TRUE(world.store.deletion_list[0].request.range.contains({2'000'000'000}));
  const Answer list = world.get("/loki/api/v1/delete");
  EXPECT_TRUE(list.body.starts_with(R"([{"request_id":"del-0","start_time":0,"end_time":2,"query":"{app=\"x\"}",)"
                                    R"("status":"received","created_at":1.5,)"))
      << list.body;
  EXPECT_EQ(world.ask("DELETE", "/loki/api/v1/delete?request_id=del-0").status, 204U);
  EXPECT_EQ(world.ask("DELETE", "/loki/api/v1/delete?request_id=del-0").status, 404U);
  EXPECT_EQ(world.ask("DELETE", "/loki/api/v1/delete").status, 400U);
  world.store.error = base::unimplemented_error("not supported yet");
  EXPECT_EQ(world.get("/loki/api/v1/delete").status, 501U);
}

TEST(Legacy, StreamsHaveLabelsAsText) {
  ApiWorld world;
  core::LogStream stream{label_set({{"app", "x"}}), {{{1'500'000'000}, "hello", {}, {}}}};
  world.queries.result.data = core::LogResult{stream};
  const Answer answer = world.get(url("/api/prom/query", {{"query", kSelector}, {"regexp", "he.*o"}, {"limit", "3"}}));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_TRUE(answer.body.starts_with(
      R"({"streams":[{"labels":"{app=\"x\"}","entries":[{"ts":"1970-01-01T00:00:01.5Z","line":"hello"}]}],"stats":{)"))
      << answer.body;
  EXPECT_EQ(world.queries.requests.at(0).query, R"({app="x"} |~ "he.*o")");
  EXPECT_EQ(world.queries.requests.at(0).limit, 3U);
  EXPECT_EQ(world.get(url("/api/prom/query", {{"query", "rate({app=\"x\"}[1m])"}})).status, 400U);
  world.queries.names = {"app", "job"};
  EXPECT_EQ(world.get("/api/prom/label").body, "{\"values\":[\"app\",\"job\"]}\n");
  EXPECT_EQ(world.get("/api/prom/label/app/values").body, "{\"values\":[\"app\",\"job\"]}\n");
  EXPECT_EQ(world.queries.value_name, "app");
}

TEST(Tools, DrilldownLimitsNameWhatDrilldownLooksFor) {
  ApiWorld world;
  const Answer answer = world.get("/loki/api/v1/drilldown-limits");
  EXPECT_EQ(answer.status, 200U);
  for (const char* text :
       {R"("max_entries_limit_per_query":5000)", R"("max_query_series":500)", R"("volume_enabled":true)",
        R"("log_level_fields":[)", R"("pattern_ingester_enabled":true)", R"("version":"0.1.0")"}) {
    EXPECT_TRUE(contains(answer, text)) << text;
  }
}

TEST(Levels, AreAlwaysThereInLogsAndWhenNamedInMetrics) {
  ApiWorld world;
  world.queries.result.data = core::LogResult{};
  world.get(url("/loki/api/v1/query_range", {{"query", kSelector}}));
  world.get(url("/loki/api/v1/query_range", {{"query", "count_over_time({app=\"x\"}[1m])"}}));
  EXPECT_EQ(world.queries.requests.at(0).levels, core::LevelUse::kAlways);
  EXPECT_EQ(world.queries.requests.at(1).levels, core::LevelUse::kWhenNamed);
}

TEST(Partial, IsSaidInTheAnswerAndDrilldownGetsCutSeries) {
  ApiWorld world;
  world.queries.result.data = core::LogResult{};
  world.queries.result.partial = true;
  world.queries.result.warnings = {"the result is not complete: why"};
  const Answer answer = world.get(url("/loki/api/v1/query_range", {{"query", kSelector}}),
                                  {{"X-Query-Tags", "Source=grafana-lokiexplore-app"}});
  EXPECT_TRUE(contains(answer, R"("warnings":["the result is not complete: why"])")) << answer.body;
  EXPECT_TRUE(contains(answer, R"("partial":true)")) << answer.body;
  EXPECT_TRUE(world.queries.requests.at(0).cut_series);
  world.get(url("/loki/api/v1/query_range", {{"query", kSelector}}));
  EXPECT_FALSE(world.queries.requests.at(1).cut_series);
}

}  // namespace
}  // namespace cordwood::api
