// Volumes, fields and patterns through the engine, and detected_level as queries see it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/sim_executor.h"
#include "exec/encoded/encoded_part.h"
#include "exec/field_detector.h"
#include "exec/pattern_tree.h"
#include "query/fixed_parts.h"
#include "query/query_engine.h"
#include "segment/mem_part.h"

namespace cordwood::query {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr std::int64_t kSecond = 1'000'000'000;

base::UnixNanos at(std::int64_t second) {
  return {second * kSecond};
}

segment::MemRow row(std::vector<core::Label> labels, std::int64_t second, std::string line,
                    std::vector<core::Label> metadata = {}) {
  segment::MemRow made;
  made.labels = std::make_shared<const core::Labels>(std::move(labels));
  made.time = at(second);
  made.line = std::move(line);
  made.offset = static_cast<std::uint64_t>(second);
  made.metadata = std::move(metadata);
  return made;
}

class ExploreTest : public ::testing::Test {
 protected:
  void use(std::vector<segment::MemRow> rows, std::uint32_t block_rows = 10) {
    provider_ = std::make_unique<FixedParts>(
        std::vector<std::shared_ptr<const segment::Part>>{segment::make_mem_part("part", std::move(rows), block_rows)});
    engine_ = make_query_engine(executor_, *provider_, memory_, {.limits = {}, .parallelism = 1});
  }
  core::Volumes volumes(core::VolumeRequest request) {
    request.range = {at(0), at(100)};
    auto found = base::sync_wait(executor_, engine_->volumes(std::move(request)));
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *std::move(found) : core::Volumes();
  }
  base::StatusOr<core::QueryResult> run(std::string query, core::LevelUse levels) {
    core::QueryRequest request;
    request.query = std::move(query);
    request.start = at(0);
    request.end = at(100);
    request.instant = request.query.find("_over_time") != std::string::npos;
    request.levels = levels;
    return base::sync_wait(executor_, engine_->run(std::move(request)));
  }

  base::SimExecutor executor_{1};
  base::MemoryBudget memory_{"all queries", 1 << 30};
  std::unique_ptr<FixedParts> provider_;
  std::unique_ptr<core::QueryRunner> engine_;
};

// 100 lines of 10 bytes, one a second, in each of three streams.
std::vector<segment::MemRow> even_rows() {
  std::vector<segment::MemRow> rows;
  for (int i = 0; i < 100; ++i) {
    for (const char* host : {"a", "b", "c"}) {
      rows.push_back(row({{"host", host}, {"job", host[0] == 'c' ? "y" : "x"}}, i, "0123456789"));
    }
  }
  return rows;
}

TEST_F(ExploreTest, VolumesByTargetsOrSelectorOrAllLabels) {
  use(even_rows());
  core::VolumeRequest request;
  const core::Volumes all = volumes(request);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].labels.to_text(), R"({host="a", job="x"})");
  EXPECT_EQ(all[0].bytes, 1000U);
  request.targets = {"job"};
  const core::Volumes by_job = volumes(request);
  ASSERT_EQ(by_job.size(), 2U);
  EXPECT_EQ(by_job[0].labels.to_text(), R"({job="x"})");
  EXPECT_EQ(by_job[0].bytes, 2000U);
  EXPECT_EQ(by_job[1].bytes, 1000U);
  request.targets = {};
  request.selector = R"({job=~".+"})";
  EXPECT_EQ(volumes(request).size(), 2U);
  request.limit = 1;
  EXPECT_EQ(volumes(request).size(), 1U);
  request = {};
  request.by_label_name = true;
  const core::Volumes names = volumes(request);
  ASSERT_EQ(names.size(), 2U);
  EXPECT_EQ(names[0].labels.all()[0].name, "host");
  EXPECT_EQ(names[0].bytes, 3000U);
  request = {};
  request.targets = {"nothing"};
  EXPECT_TRUE(volumes(request).empty());
}

TEST_F(ExploreTest, VolumesOfBlocksLieWhereTheBlocksLie) {
  std::vector<segment::MemRow> rows;
  // All of it in the first and the last ten seconds.
  for (int i = 0; i < 10; ++i) rows.push_back(row({{"job", "x"}}, i, "0123456789"));
  for (int i = 90; i < 100; ++i) rows.push_back(row({{"job", "x"}}, i, "01234567890123456789"));
  use(std::move(rows), 10);
  core::VolumeRequest request;
  request.step = std::chrono::seconds(10);
  const core::Volumes found = volumes(request);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].bytes, 300U);
  ASSERT_EQ(found[0].buckets.size(), 2U);
  EXPECT_EQ(found[0].buckets[0], std::pair(at(0), std::uint64_t{100}));
  EXPECT_EQ(found[0].buckets[1], std::pair(at(90), std::uint64_t{200}));
}

TEST_F(ExploreTest, FieldsOfJsonLogfmtAndMetadata) {
  use({row({{"job", "x"}}, 1, R"({"status":200,"took":"12ms","user":{"id":"u1","job":"j"},"list":[1]})"),
       row({{"job", "x"}}, 2, R"({"status":4.5,"took":"5s","ok":true})", {{"trace_id", "t1"}}),
       row({{"job", "x"}}, 3, "level=info size=10kB msg=\"a b\" word"), row({{"job", "x"}}, 4, R"({"broken":)")});
  core::FieldsRequest request;
  request.query = R"({job="x"})";
  request.range = {at(0), at(100)};
  const auto fields = base::sync_wait(executor_, engine_->detected_fields(request));
  ASSERT_TRUE(fields.ok()) << fields.status();
  std::vector<std::string> texts;
  for (const core::DetectedField& field : *fields) {
    texts.push_back(fmt::format("{} {} {} [{}] {}", field.name, field.type, fmt::join(field.values, "|"),
                                fmt::join(field.parsers, ","), fmt::join(field.json_path, ".")));
  }
  EXPECT_THAT(texts, ElementsAre("detected_level string info|unknown [] ", "level string info [logfmt] ",
                                 "msg string a b [logfmt] ", "ok boolean true [json] ok", "size bytes 10kB [logfmt] ",
                                 "status float 200|4.5 [json] status", "took duration 12ms|5s [json] took",
                                 "trace_id string t1 [] ", "user_id string u1 [json] user.id",
                                 "user_job string j [json] user.job"));
  request.only = "status";
  EXPECT_EQ(base::sync_wait(executor_, engine_->detected_fields(request))->size(), 1U);
  // A stage of the query decides what is parsed.
  request.only = "";
  request.query = R"({job="x"} | logfmt | drop __error__, __error_details__)";
  const auto dropped = base::sync_wait(executor_, engine_->detected_fields(request));
  ASSERT_TRUE(dropped.ok());
  for (const core::DetectedField& field : *dropped) {
    EXPECT_NE(field.name, "status");
  }
  request.query = "{";
  EXPECT_EQ(base::sync_wait(executor_, engine_->detected_fields(request)).status().code(),
            base::StatusCode::kInvalidArgument);
}

TEST(FieldTypes, InLokisOrder) {
  for (const auto& [value, type] : std::vector<std::pair<std::string_view, std::string_view>>{{"12", "int"},
                                                                                              {"-1", "int"},
                                                                                              {"1.5", "float"},
                                                                                              {"true", "boolean"},
                                                                                              {"F", "boolean"},
                                                                                              {"1m30s", "duration"},
                                                                                              {"10MB", "bytes"},
                                                                                              {"", "string"},
                                                                                              {"10.0.0.1", "string"},
                                                                                              {"hello", "string"}}) {
    EXPECT_EQ(exec::type_of_value(value), type) << value;
  }
}

TEST_F(ExploreTest, PatternsByLevelAndStep) {
  std::vector<segment::MemRow> rows;
  for (int i = 0; i < 60; ++i) {
    rows.push_back(row({{"job", "x"}}, i, fmt::format("info: user {} logged in from 10.0.0.{}:{}", i, i, 1000 + i)));
  }
  for (int i = 0; i < 7; ++i) rows.push_back(row({{"job", "x"}}, i * 10, fmt::format("error: disk [sd{}] failed", i)));
  use(std::move(rows), 10);
  core::PatternsRequest request;
  request.query = R"({job="x"})";
  request.range = {at(0), at(100)};
  request.step = std::chrono::seconds(30);
  const auto found = base::sync_wait(executor_, engine_->patterns(request));
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].pattern, "info: user <_> logged in from <_>");
  EXPECT_EQ((*found)[0].level, "info");
  EXPECT_THAT((*found)[0].samples, ElementsAre(std::pair(at(0), 30U), std::pair(at(30), 30U)));
  EXPECT_EQ((*found)[1].pattern, "error: disk [<_>] failed");
  EXPECT_EQ((*found)[1].lines, 7U);
  request.query = R"({job="x"} |= "error")";
  EXPECT_EQ(base::sync_wait(executor_, engine_->patterns(request))->size(), 1U);
}

// A part of templates gives what its text gives, and looks at few of the rows.
TEST_F(ExploreTest, PatternsOfTemplatesCountAllRows) {
  std::vector<segment::MemRow> rows;
  base::SeededRandom random(7);
  for (int i = 0; i < 4000; ++i) {
    const std::uint64_t n = random.next() % 1000;
    std::string line;
    switch (random.next() % 5) {
      case 0:
        line = fmt::format("level={} took={}ms", n % 2 == 0 ? "info" : "error", n);  // the level is a variable
        break;
      case 1:
        line = fmt::format("{} connections from 10.0.0.{} open", n, n % 255);
        break;
      case 2:
        line = fmt::format("warn: queue {} is full after {} s", n % 7, n);
        break;
      default:
        line = fmt::format("info: request {:08x} done in {} ms", n * 7919, n);
    }
    rows.push_back(row({{"job", i % 3 == 0 ? "x" : "y"}}, i % 90, std::move(line)));
  }
  segment::sort_rows(rows);
  core::PatternsRequest request;
  request.query = R"({job=~"x|y"})";
  request.range = {at(5), at(80)};
  request.step = std::chrono::seconds(20);
  const auto text = segment::make_mem_part("part", rows, 500);
  const auto ask = [&](std::shared_ptr<const segment::Part> part) {
    FixedParts provider({std::move(part)});
    const auto engine = make_query_engine(executor_, provider, memory_, {.limits = {}, .parallelism = 1});
    auto found = base::sync_wait(executor_, engine->patterns(request));
    EXPECT_TRUE(found.ok());
    return *std::move(found);
  };
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> want;
  for (const core::LogPattern& pattern : ask(text)) {
    for (const auto& [time, lines] : pattern.samples) want[{pattern.level, time.value}] += lines;
  }
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> found;
  core::LogPatterns patterns = ask(std::make_shared<exec::EncodedPart>(text));
  for (const core::LogPattern& pattern : patterns) {
    for (const auto& [time, lines] : pattern.samples) found[{pattern.level, time.value}] += lines;
  }
  EXPECT_EQ(found, want);
  ASSERT_GE(patterns.size(), 4U);
  EXPECT_EQ(patterns[0].pattern, "info: request <_> done in <_> ms");
}

TEST(PatternTree, GroupsAreBoundedAndWordsThatDifferBecomePlaces) {
  exec::PatternTree tree;
  const std::uint32_t first = tree.add("GET /index took 5ms ok done");
  EXPECT_EQ(tree.add("GET /about took 17ms ok done"), first);
  EXPECT_EQ(tree.pattern(first), "GET <_> took <_> ok done");
  EXPECT_NE(tree.add("POST /about took 17ms ok done"), first);
  EXPECT_NE(tree.add("GET something else entirely different here"), first);
  for (int i = 0; i < 20'000; ++i)
    tree.add(fmt::format("word{} {}x", static_cast<char>('a' + i % 26),
                         std::string(static_cast<std::size_t>(i % 300), 'y')));
  for (int i = 0; i < 10'000; ++i) {
    std::string word;
    for (int n = i; n > 0; n /= 26) word += static_cast<char>('a' + n % 26);
    tree.add(word + " starts it");
  }
  EXPECT_LE(tree.size(), exec::PatternTree::kGroupsMax + 1);
  exec::PatternTree other;
  const std::string cut = other.pattern(other.add(std::string(100'000, 'x') + " tail"));
  EXPECT_EQ(cut.size(), exec::PatternTree::kLineBytesMax + 4);
  EXPECT_TRUE(cut.ends_with("x <_>"));
  tree.add("");
}

TEST_F(ExploreTest, DetectedLevelWhenItIsAskedFor) {
  use({row({{"job", "x"}}, 1, "level=error it broke"), row({{"job", "x"}}, 2, "all is well INFO"),
       row({{"job", "x"}}, 3, "level=error", {{"detected_level", "sent"}}), row({{"job", "x"}}, 4, "nothing")});
  const auto levels_of = [&](std::string query, core::LevelUse use) {
    std::vector<std::string> levels;
    const auto result = run(std::move(query), use);
    EXPECT_TRUE(result.ok()) << result.status();
    for (const core::LogStream& stream : std::get<core::LogResult>(result->data)) {
      for (const core::LogEntry& entry : stream.entries) {
        std::string level = "-";
        for (const core::Label& label : entry.structured_metadata) {
          if (label.name == "detected_level") level = label.value;
        }
        levels.push_back(std::move(level));
      }
    }
    return levels;
  };
  EXPECT_THAT(levels_of(R"({job="x"})", core::LevelUse::kAlways), ElementsAre("unknown", "sent", "info", "error"));
  EXPECT_THAT(levels_of(R"({job="x"})", core::LevelUse::kWhenNamed), ElementsAre("-", "sent", "-", "-"));
  EXPECT_THAT(levels_of(R"({job="x"} | detected_level="error")", core::LevelUse::kWhenNamed), ElementsAre("error"));
  EXPECT_THAT(levels_of(R"({job="x"} | detected_level="error")", core::LevelUse::kNever), ElementsAre());
  EXPECT_THAT(levels_of(R"({job="x"} | keep job)", core::LevelUse::kAlways), ElementsAre("-", "-", "-", "-"));
  const auto counted =
      run(R"(sum by (level, detected_level) (count_over_time({job="x"}[100s])))", core::LevelUse::kWhenNamed);
  ASSERT_TRUE(counted.ok()) << counted.status();
  std::vector<std::string> series;
  for (const core::Series& one : std::get<core::VectorResult>(counted->data).series) {
    series.push_back(fmt::format("{} {}", one.labels.get("detected_level"), one.samples[0].value));
  }
  EXPECT_THAT(series, UnorderedElementsAre("error 1", "info 1", "sent 1", "unknown 1"));
  const auto plain = run(R"(count_over_time({job="x"}[100s]))", core::LevelUse::kWhenNamed);
  EXPECT_EQ(std::get<core::VectorResult>(plain->data).series.size(), 2U);  // with and without what was sent
}

}  // namespace
}  // namespace cordwood::query
