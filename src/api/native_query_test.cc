// /api/v1/query through the Api.
#include <gtest/gtest.h>

#include "api/api_world.h"
#include "api/query_cursor.h"
#include "api/query_events.h"

namespace cordwood::api {
namespace {

using namespace std::chrono_literals;

const std::string kQuery = "/api/v1/query?query=%7Bapp%3D%22x%22%7D";

core::Row row(std::int64_t time, std::string line) {
  core::Row out;
  out.position = {.time = {time}, .stream = {{0, 1}}, .generation = {{0, 9}}, .offset = 5};
  out.line = std::move(line);
  out.stream_labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"app", "x"}});
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string kind_of(const std::string& line) {
  const std::size_t at = std::string_view("{\"event\":\"").size();
  return line.substr(at, line.find('"', at) - at);
}

TEST(NativeQuery, StreamsEventsAndEnds) {
  ApiWorld world;
  world.queries.script->pages = {{row(9, "a"), row(8, "b")}, {row(7, "c")}};
  const Answer answer = world.get(kQuery + "&start=0&end=100&direction=forward&limit=10");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/x-ndjson");
  std::vector<std::string> kinds;
  for (const std::string& line : lines_of(answer.body)) kinds.push_back(kind_of(line));
  EXPECT_EQ(kinds, (std::vector<std::string>{"stream", "rows", "rows", "end"}));
  EXPECT_NE(answer.body.find(R"({"event":"end","rows":3,)"), std::string::npos);
  EXPECT_TRUE(world.queries.script->destroyed);
  const core::RowQuery& query = world.queries.row_queries.at(0);
  EXPECT_EQ(query.query, "{app=\"x\"}");
  EXPECT_EQ(query.range, (core::TimeRange{{0}, {100'000'000'000}}));
  EXPECT_EQ(query.direction, core::Direction::kForward);
  EXPECT_EQ(query.order, core::RowOrder::kTime);
  EXPECT_EQ(query.limit, 10U);
  EXPECT_FALSE(query.after.has_value());
}

TEST(NativeQuery, AHistogramIsCountedBesideTheRows) {
  ApiWorld world;
  world.queries.script->pages = {{row(9, "a")}};
  core::Series errors{core::Labels(std::vector<core::Label>{{"detected_level", "error"}}),
                      {{{25'000'000'000}, 3}, {{100'000'000'000}, 4}}};
  world.queries.result.data = core::MatrixResult{{errors}};
  const Answer answer = world.get("/api/v1/query?query=" + io::percent_encode("{app=\"x\"} |= \"a\" # why") +
                                  "&start=0&end=100&histogram=4&levels=true");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  std::vector<std::string> kinds;
  for (const std::string& line : lines_of(answer.body)) kinds.push_back(kind_of(line));
  std::sort(kinds.begin(), kinds.end());
  EXPECT_EQ(kinds, (std::vector<std::string>{"end", "histogram", "rows", "stream"}));
  EXPECT_EQ(kind_of(lines_of(answer.body).back()), "end");
  const core::QueryRequest& request = world.queries.requests.at(0);
  EXPECT_TRUE(request.query.starts_with("sum by (detected_level) (count_over_time({app=\"x\"} |= \"a\" | drop "));
  EXPECT_LE((request.end - request.start) / request.step, 3);
  EXPECT_EQ(world.queries.row_queries.at(0).levels, core::LevelUse::kAlways);
  EXPECT_NE(answer.body.find(R"({"event":"histogram","start":"0","step":"25000000000","levels":{"error":[0,3,0,0]}})"),
            std::string::npos)
      << answer.body;
  for (const char* bad : {"0", "x", "2001", "-1"}) {
    EXPECT_EQ(world.get(kQuery + "&histogram=" + bad).status, 400U) << bad;
  }
}

TEST(Histogram, BucketsCoverTheRange) {
  for (const auto& [begin, end] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 100'000'000'000},
                                                          {0, 1},
                                                          {-5, 5},
                                                          {0, base::UnixNanos::max().value},
                                                          {1'700'000'000'000'000'001, 1'700'000'003'700'000'000}}) {
    for (const std::size_t buckets : {1U, 7U, 60U, 2000U}) {
      const HistogramPlan plan = plan_histogram({{begin}, {end}}, buckets);
      EXPECT_GE(plan.buckets, 1U);
      EXPECT_LE(plan.buckets, buckets);
      EXPECT_EQ(plan.step.count() % 1'000'000, 0);
      const std::int64_t covered = plan.start.value + plan.step.count() * static_cast<std::int64_t>(plan.buckets);
      EXPECT_GE(covered, std::min<std::int64_t>(end, 9'000'000'000'000'000'000))
          << begin << " " << end << " " << buckets;
    }
  }
}

TEST(NativeQuery, TheCursorOfTheLastRowGoesOnAfterIt) {
  ApiWorld world;
  world.queries.script->pages = {{row(9, "a"), row(8, "b")}};
  const Answer first = world.get(kQuery);
  const std::size_t at = first.body.find("\"cursor\":\"") + 10;
  const std::string cursor = first.body.substr(at, first.body.find('"', at) - at);
  EXPECT_EQ(world.get(kQuery + "&cursor=" + cursor).status, 200U);
  EXPECT_EQ(world.queries.row_queries.at(1).after, row(8, "b").position);
  EXPECT_FALSE(world.queries.row_queries.at(1).limit.has_value());

  const Answer turned = world.get(kQuery + "&direction=forward&cursor=" + cursor);
  EXPECT_EQ(turned.status, 400U);
  EXPECT_EQ(world.get(kQuery + "&order=source&cursor=" + cursor).status, 400U);
  EXPECT_EQ(world.get(kQuery + "&cursor=B" + cursor.substr(1)).status, 400U);
}

TEST(NativeQuery, SourceOrderHasNoCursor) {
  ApiWorld world;
  world.queries.script->pages = {{row(9, "a")}};
  const Answer answer = world.get(kQuery + "&order=source");
  EXPECT_EQ(answer.body.find("cursor"), std::string::npos);
  EXPECT_EQ(world.queries.row_queries.at(0).order, core::RowOrder::kSource);
}

TEST(NativeQuery, ErrorsBeforeTheFirstEventAreHttp) {
  ApiWorld world;
  for (const std::string target :
       {"/api/v1/query", "/api/v1/query?query=%7B", "/api/v1/query?query=rate(%7Ba%3D%22x%22%7D%5B1m%5D)", "&limit=0",
        "&limit=-1", "&limit=x", "&order=size", "&direction=up", "&start=x", "&start=5&end=4", "&since=x"}) {
    const Answer answer = world.get(target.starts_with('&') ? kQuery + target : target);
    EXPECT_EQ(answer.status, 400U) << target;
    EXPECT_FALSE(answer.body.empty());
  }
  EXPECT_TRUE(world.queries.row_queries.empty());
  world.queries.error = base::unavailable_error("catalog away");
  const Answer away = world.get(kQuery);
  EXPECT_EQ(away.status, 503U);
  EXPECT_TRUE(away.headers.has("Retry-After"));
}

TEST(NativeQuery, AnErrorOnTheWayIsInTheEndEvent) {
  ApiWorld world;
  world.queries.script->pages = {{row(9, "a")}};
  world.queries.script->end = base::deadline_exceeded_error("the query ran for more than 1 min");
  world.queries.script->stats.unreadable = {"part 3"};
  const Answer answer = world.get(kQuery);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_TRUE(
      answer.body.ends_with(R"("unreadable":["part 3"],"partial":true,"error":"the query ran for more than 1 min"})"
                            "\n"))
      << answer.body;
}

TEST(NativeQuery, ProgressIsToldWhileItSearches) {
  ApiWorld world;
  world.queries.script->pages = {{row(9, "a")}};
  world.queries.script->page_takes = 600ms;
  core::QueryStats soon;
  soon.lines_processed = 42;
  world.queries.script->progress = soon;
  const Answer answer = world.get(kQuery);
  std::vector<std::string> kinds;
  for (const std::string& line : lines_of(answer.body)) kinds.push_back(kind_of(line));
  // Two pages of 600 ms: progress at 250 and 500 ms of each, and with the row at 600.
  EXPECT_GE(std::count(kinds.begin(), kinds.end(), "progress"), 4);
  EXPECT_LE(std::count(kinds.begin(), kinds.end(), "progress"), 5);
  EXPECT_EQ(kinds.front(), "progress");
  EXPECT_EQ(kinds.back(), "end");
  EXPECT_NE(answer.body.find(R"({"event":"progress","bytes":0,"lines":42,"rows":0})"), std::string::npos);
  EXPECT_EQ(world.queries.script->nexts, 2);
}

TEST(NativeQuery, LargePagesGoOutInBoundedPieces) {
  ApiWorld world;
  std::vector<core::Row> page;
  for (int i = 0; i < 20'000; ++i) page.push_back(row(i, std::string(200, 'x')));
  world.queries.script->pages = {std::move(page)};
  const Answer answer = world.get(kQuery);
  EXPECT_GT(answer.pieces.size(), 10U);
  for (const std::string& piece : answer.pieces) EXPECT_LT(piece.size(), 300U << 10);
  EXPECT_NE(answer.body.find(R"({"event":"end","rows":20000,)"), std::string::npos);
}

TEST(NativeQuery, AReaderThatGoesEndsTheQueryBeforeTheCursorIsGone) {
  ApiWorld world;
  world.queries.script->pages = {{row(9, "a")}};
  world.queries.script->page_takes = 10s;
  io::HttpRequest request = ApiWorld::request("GET", kQuery);
  io::HttpResponse response = base::sync_wait(world.executor, world.api->handle(request));
  const auto piece = base::sync_wait(world.executor, response.stream->next());
  EXPECT_TRUE(piece.ok() && piece->starts_with("{\"event\":\"progress\"")) << *piece;
  EXPECT_TRUE(world.queries.script->running);
  base::sync_wait(world.executor, response.stream->finish());
  EXPECT_TRUE(world.queries.row_queries.at(0).cancel.cancelled());
  EXPECT_TRUE(world.queries.script->destroyed);  // the fake checks that it was not running
}

TEST(NativeQuery, AStreamThatIsDroppedLeavesItsCursorAliveUntilItStops) {
  ApiWorld world;
  world.queries.script->page_takes = 10s;
  io::HttpRequest request = ApiWorld::request("GET", kQuery);
  {
    io::HttpResponse response = base::sync_wait(world.executor, world.api->handle(request));
    const auto piece = base::sync_wait(world.executor, response.stream->next());
    EXPECT_TRUE(piece.ok());
  }
  EXPECT_TRUE(world.queries.script->running);
  EXPECT_FALSE(world.queries.script->destroyed);
  world.executor.run_for(11s);
  EXPECT_TRUE(world.queries.script->destroyed);
}

}  // namespace
}  // namespace cordwood::api
