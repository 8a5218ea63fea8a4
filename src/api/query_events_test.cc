#include "api/query_events.h"

#include <gtest/gtest.h>

#include "api/query_cursor.h"

namespace cordwood::api {
namespace {

core::Row row(std::int64_t time, std::uint64_t stream, std::string line) {
  core::Row out;
  out.position = {.time = {time}, .stream = {{0, stream}}, .generation = {{0, 9}}, .offset = 5};
  out.line = std::move(line);
  out.stream_labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"s", std::to_string(stream)}});
  return out;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

constexpr std::string_view kGeneration = R"("generation":"00000000000000000000000000000009","offset":5)";

TEST(QueryEvents, RowsWithEverything) {
  QueryEvents events(core::Direction::kForward, true);
  core::Row full = row(7, 1, "text");
  full.structured_metadata = {{"trace", "x"}};
  full.parsed = {{"level", "warn"}};
  full.named = true;
  full.line_number = 12;
  full.flags = core::RecordFlags::make(core::LineEnd::kCut, core::TimeOrigin::kInherited, true);
  core::Row bytes = row(8, 2, "\xff\x01");
  bytes.flags = core::RecordFlags::make(core::LineEnd::kCrlf, core::TimeOrigin::kRead);
  const std::vector<core::Row> rows = {full, bytes, row(9, 1, "again")};
  std::string out;
  EXPECT_EQ(events.append_rows(out, rows, 0, 1 << 20), 3U);
  const std::string cursor = encode_cursor({core::Direction::kForward, rows[2].position});
  EXPECT_EQ(out, fmt::format(R"({{"event":"stream","stream":0,"labels":{{"s":"1"}}}}
{{"event":"stream","stream":1,"labels":{{"s":"2"}}}}
{{"event":"rows","rows":[{{"ts":"7","stream":0,"line":"text","meta":{{"trace":"x"}},"parsed":{{"level":"warn"}},{},"n":12,"end":"cut","continuation":true,"time":"inherited"}},{{"ts":"8","stream":1,"line_b64":"/wE=",{},"end":"crlf","time":"read"}},{{"ts":"9","stream":0,"line":"again",{}}}],"cursor":"{}"}}
)",
                             kGeneration, kGeneration, kGeneration, cursor));
  EXPECT_EQ(events.rows_sent(), 3U);
}

TEST(QueryEvents, PiecesAreBoundedAndNothingIsLost) {
  QueryEvents events(core::Direction::kBackward, false);
  std::vector<core::Row> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(row(i, static_cast<std::uint64_t>(i % 3), std::string(100, 'x')));
  std::size_t at = 0;
  std::string all;
  while (at < rows.size()) {
    std::string out;
    const std::size_t next = events.append_rows(out, rows, at, 5000);
    ASSERT_GT(next, at);
    EXPECT_LT(out.size(), 6000U);
    EXPECT_EQ(out.find("cursor"), std::string::npos);
    at = next;
    all += out;
  }
  EXPECT_EQ(count(all, "\"ts\":"), 1000U);
  EXPECT_EQ(count(all, "\"event\":\"stream\""), 3U);
}

TEST(QueryEvents, NumbersAreReusedWithoutChangingEarlierRows) {
  QueryEvents events(core::Direction::kForward, true);
  std::vector<core::Row> rows;
  for (std::uint64_t i = 0; i < QueryEvents::kStreamsMax + 10; ++i) rows.push_back(row(1, i, "x"));
  core::Row relabelled = row(2, 0, "y");
  relabelled.stream_labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"s", "renamed"}});
  rows.push_back(row(2, QueryEvents::kStreamsMax, "x"));
  rows.push_back(relabelled);
  std::string out;
  EXPECT_EQ(events.append_rows(out, rows, 0, 100 << 20), rows.size());
  // Reads it as a client does: each row's number must lead to its labels at that place.
  std::vector<std::string> labels(QueryEvents::kStreamsMax);
  std::size_t seen = 0;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = out.find('\n', at);
    const std::string line = out.substr(at, end - at);
    at = end + 1;
    if (line.starts_with(R"({"event":"stream","stream":)")) {
      const std::size_t number = std::stoul(line.substr(27));
      ASSERT_LT(number, QueryEvents::kStreamsMax);
      labels[number] = line.substr(line.find("\"labels\""));
      continue;
    }
    for (std::size_t i = line.find("\"stream\":"); i != std::string::npos; i = line.find("\"stream\":", i + 1)) {
      const std::string wanted = "\"s\":\"" + std::string(rows[seen].stream_labels->get("s")) + "\"";
      ASSERT_NE(labels[std::stoul(line.substr(i + 9))].find(wanted), std::string::npos) << seen;
      ++seen;
    }
  }
  EXPECT_EQ(seen, rows.size());
}

TEST(QueryEvents, ProgressAndEnd) {
  QueryEvents events(core::Direction::kForward, true);
  core::QueryStats stats;
  stats.bytes_processed = 100;
  stats.lines_processed = 10;
  stats.parts_total = 3;
  stats.parts_skipped = 1;
  stats.exec_time = std::chrono::microseconds(1500);
  std::string out;
  events.append_progress(out, stats);
  EXPECT_EQ(out, "{\"event\":\"progress\",\"bytes\":100,\"lines\":10,\"rows\":0}\n");
  out.clear();
  events.append_end(out, stats, base::ok_status());
  EXPECT_EQ(out,
            "{\"event\":\"end\",\"rows\":0,\"stats\":{\"bytes\":100,\"lines\":10,\"matched\":0,\"parts\":3,"
            "\"parts_skipped\":1,\"blocks\":0,\"exec_ms\":1.5}}\n");
  stats.unreadable = {"part \"x\""};
  out.clear();
  events.append_end(out, stats, base::deadline_exceeded_error("too long"));
  EXPECT_NE(out.find(R"(,"unreadable":["part \"x\""],"partial":true,"error":"too long"})"), std::string::npos) << out;
}

}  // namespace
}  // namespace cordwood::api
