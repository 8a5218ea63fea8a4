#include "api/loki_response.h"

#include <gtest/gtest.h>

#include <limits>

namespace cordwood::api {
namespace {

core::Labels label_set(std::vector<core::Label> labels) {
  return core::Labels(std::move(labels));
}

using core::Label;
using core::Labels;

core::LogEntry entry(std::int64_t time, std::string line, std::vector<Label> metadata = {},
                     std::vector<Label> parsed = {}) {
  return {
      .time = {time}, .line = std::move(line), .structured_metadata = std::move(metadata), .parsed = std::move(parsed)};
}

core::QueryResult streams() {
  core::QueryResult result;
  core::LogStream a{.labels = label_set({{"app", "a"}}), .entries = {}};
  a.entries.push_back(entry(5, "five", {{"trace", "1"}}, {{"level", "warn"}}));
  a.entries.push_back(entry(4, "four", {{"trace", "1"}}));
  a.entries.push_back(entry(3, "bad \xff \"byte\"\n"));
  a.entries.push_back(entry(2, "two", {{"trace", "1"}}));
  result.data = core::LogResult{std::move(a)};
  return result;
}

TEST(LogResponse, MergesLabelsAndRegroups) {
  EXPECT_EQ(query_data_json(streams(), {}),
            R"({"resultType":"streams","result":[)"
            R"({"stream":{"app":"a"},"values":[["3","bad )"
            "\xEF\xBF\xBD"
            R"( \"byte\"\n"]]},)"
            R"({"stream":{"app":"a","level":"warn","trace":"1"},"values":[["5","five"]]},)"
            R"({"stream":{"app":"a","trace":"1"},"values":[["4","four"],["2","two"]]}]})");
}

TEST(LogResponse, CategoriesStayApart) {
  EXPECT_EQ(
      query_data_json(streams(), {.categorize_labels = true}),
      R"({"resultType":"streams","encodingFlags":["categorize-labels"],"result":[{"stream":{"app":"a"},"values":[)"
      R"(["5","five",{"structuredMetadata":{"trace":"1"},"parsed":{"level":"warn"}}],)"
      R"(["4","four",{"structuredMetadata":{"trace":"1"}}],)"
      R"(["3","bad )"
      "\xEF\xBF\xBD"
      R"( \"byte\"\n",{}],["2","two",{"structuredMetadata":{"trace":"1"}}]]}]})");
}

TEST(LogResponse, EntriesOfTwoStreamsThatBecomeOneAreKept) {
  core::LogResult two;
  two.push_back({.labels = label_set({{"a", "1"}}), .entries = {entry(1, "x", {{"b", "2"}})}});
  two.push_back({.labels = label_set({{"a", "1"}, {"b", "2"}}), .entries = {entry(2, "y")}});
  const core::LogResult merged = merge_labels(std::move(two));
  ASSERT_EQ(merged.size(), 1U);
  EXPECT_EQ(merged[0].labels, label_set({{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(merged[0].entries.size(), 2U);
}

TEST(MetricResponse, NumbersAsLokiPrintsThem) {
  core::QueryResult result;
  core::MatrixResult matrix;
  const double inf = std::numeric_limits<double>::infinity();
  matrix.series.push_back({.labels = label_set({{"x", "y"}}),
                           .samples = {{{1'568'404'331'324'999'999}, 1234000},
                                       {{2'000'000'000}, 1e21},
                                       {{-1}, 0.1},
                                       {{1}, inf},
                                       {{2}, -inf},
                                       {{3}, std::numeric_limits<double>::quiet_NaN()}}});
  result.data = matrix;
  EXPECT_EQ(query_data_json(std::move(result), {}),
            R"({"resultType":"matrix","result":[{"metric":{"x":"y"},"values":[[1568404331.324,"1234000"],)"
            R"([2,"1000000000000000000000"],[-0.001,"0.1"],[0,"+Inf"],[0,"-Inf"],[0,"NaN"]]}]})");
}

TEST(MetricResponse, VectorAndScalarAndEmpty) {
  core::QueryResult vector;
  vector.data = core::VectorResult{{{.labels = Labels(), .samples = {{{1'000'000'000}, 2}}}}};
  EXPECT_EQ(query_data_json(std::move(vector), {}),
            R"({"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]})");
  core::QueryResult scalar;
  scalar.data = core::ScalarResult{{{1'500'000'000}, 2.5}};
  EXPECT_EQ(query_data_json(std::move(scalar), {}), R"({"resultType":"scalar","result":[1.5,"2.5"]})");
  core::QueryResult empty;
  empty.data = core::MatrixResult{};
  EXPECT_EQ(query_data_json(std::move(empty), {}), R"({"resultType":"matrix","result":[]})");
}

TEST(QueryResponse, HasTrueFiguresAndWarnings) {
  core::QueryResult result = streams();
  result.stats.bytes_processed = 1000;
  result.stats.lines_processed = 10;
  result.stats.lines_matched = 4;
  result.stats.exec_time = std::chrono::milliseconds(500);
  result.stats.unreadable = {"part 7: bad checksum"};
  result.warnings = {"careful"};
  const std::string body = query_response_json(std::move(result), {});
  EXPECT_TRUE(body.starts_with(
      R"({"status":"success","warnings":["careful","the result is not complete: part 7: bad checksum"],"data":{)"))
      << body;
  EXPECT_NE(body.find(R"("stats":{"summary":{"bytesProcessedPerSecond":2000,"linesProcessedPerSecond":20,)"
                      R"("totalBytesProcessed":1000,"totalLinesProcessed":10,"execTime":0.5,"queueTime":0,)"
                      R"("subqueries":0,"totalEntriesReturned":4,)"),
            std::string::npos)
      << body;
}

TEST(MetadataResponses, Shapes) {
  EXPECT_EQ(labels_response_json({"a", "b\""}), "{\"status\":\"success\",\"data\":[\"a\",\"b\\\"\"]}\n");
  EXPECT_EQ(labels_response_json({}), "{\"status\":\"success\"}\n");
  EXPECT_EQ(series_response_json({}), "{\"status\":\"success\",\"data\":[]}\n");
  EXPECT_EQ(series_response_json({label_set({{"a", "1"}})}), "{\"status\":\"success\",\"data\":[{\"a\":\"1\"}]}\n");
}

TEST(ResponseOptions, FlagAmongOthers) {
  const auto flagged = [](std::string_view value) {
    io::HttpRequest request;
    request.headers.set("x-loki-response-encoding-flags", value);
    return response_options_of(request).categorize_labels;
  };
  EXPECT_TRUE(flagged("categorize-labels"));
  EXPECT_TRUE(flagged("other, categorize-labels"));
  EXPECT_TRUE(flagged("categorize-labels ,other"));
  EXPECT_FALSE(flagged("categorize"));
  EXPECT_FALSE(flagged(""));
}

}  // namespace
}  // namespace cordwood::api
