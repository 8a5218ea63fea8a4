#include "exec/encoded/short_lines.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "exec/encoded/encoded_testing.h"
#include "logql/parse.h"
#include "pipeline/sample_extractor.h"

namespace cordwood::exec {
namespace {

const logql::RangeAggregation& range_of(const logql::MetricExpr& expr) {
  if (const auto* range = std::get_if<logql::RangeAggregation>(&expr.node)) return *range;
  return range_of(*std::get<logql::VectorAggregation>(expr.node).inner);
}

std::string outcome(pipeline::SampleRun& run, std::string_view line) {
  if (!run.process({}, line, {})) return "none";
  std::string text = fmt::format("{}", run.value());
  for (const pipeline::LabelView& label : run.labels()) text += fmt::format(" {}={}", label.name, label.value);
  return text;
}

// What the query makes of each line is what it makes of the line cut down. Returns how many could be cut.
std::size_t compare(const EncodedTestBlock& test, const std::string& query) {
  const auto parsed = logql::parse(query);
  CHECK_MSG(parsed.ok(), query);
  const auto built = pipeline::SampleExtractor::build(parsed->metric(), {});
  CHECK_MSG(built.ok(), query);
  const auto& extractor = *built;
  codec::LineBlock block = test.open();
  const FieldNeeds needs = field_needs(range_of(parsed->metric()).range.log.stages, extractor->hints());
  CHECK_MSG(!needs.empty(), query);
  ShortLines cutter(needs);
  EXPECT_TRUE(cutter.use(block).ok());
  std::vector<std::uint32_t> rows(test.lines().size());
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<std::string_view> lines;
  std::vector<std::uint32_t> whole;
  EXPECT_TRUE(cutter.lines_of(block, rows, lines, whole).ok());
  for (const std::uint32_t i : whole) lines[i] = test.lines()[i];
  const core::Labels stream({{"job", "x"}, {"status", "stream"}});
  pipeline::SampleRun on_whole(extractor, stream);
  pipeline::SampleRun on_short(extractor, stream);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string wanted = outcome(on_whole, test.lines()[i]);
    const std::string found = outcome(on_short, lines[i]);
    EXPECT_EQ(found, wanted) << query << "\n" << test.lines()[i] << "\n" << lines[i];
    if (found != wanted) break;
  }
  return lines.size() - whole.size();
}

std::string json_line(Dice& dice) {
  static constexpr std::string_view kNames[] = {"GET", "POST", "a b", "x\\\"y", "\\u0041", "}{", "],", "é"};
  const std::size_t a = dice.below(1000);
  const std::size_t b = dice.below(20);
  const std::string_view name = kNames[dice.below(dice.below(3) == 0 ? std::size(kNames) : 3)];
  switch (dice.below(7)) {
    case 0:
      return fmt::format(R"({{"took":{}.{:02},"method":"{}","status":{},"ok":{},"id.orig":"10.0.{}.{}"}})", b, a % 100,
                         name, 200 + b, a % 2 == 0, b, a);
    case 1:
      return fmt::format(R"({{ "method" : "{}", "took": {}, "request": {{"took": {}, "h": [{}, "{}"]}}, "n": null }})",
                         name, a, b, a, name);
    case 2:
      return fmt::format(R"({{"took":-{},"took":"{}","method":"m{}","a":{{"b":{{"c":{}}}}}}})", a, b, a, b);
    case 3:
      return fmt::format(R"({{"method":"{}","took":{}{},"bad":{}}})", name, a, b % 7 == 0 ? "," : "",
                         b % 5 == 0 ? "oops" : "1");
    case 4:
      return fmt::format(R"({{"a":{},"took_extracted":{},"status":"{}","":"{}"}})", a, b, name, b);
    case 5:
      return fmt::format(R"({{"took":"{}ms","method":"{}{:x}"}} trailing {})", a, name, dice.next(), b);
    default:
      return fmt::format(R"({{"took":{:03},"method":"{}","list":[{}],"x":{}e{}}})", a % 50, name, a, b, b);
  }
}

TEST(ShortLines, AsGoodAsWholeLines) {
  std::size_t cut = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Dice dice(seed);
    std::vector<std::string> lines(4000);
    for (std::string& line : lines) line = json_line(dice);
    const EncodedTestBlock test(lines);
    for (const std::string_view query :
         {R"(sum(count_over_time({job="x"} | json | took > 5 [1m])))",
          R"(sum by (method) (count_over_time({job="x"} | json [1m])))",
          R"(sum by (method, request_took) (count_over_time({job="x"} | json | status="stream" [1m])))",
          R"(sum by (a_b_c) (sum_over_time({job="x"} | json | unwrap took [1m])))",
          R"(sum by (status_extracted, a) (count_over_time({job="x"} | json | __error__="" [1m])))",
          R"(sum by (id_orig, ok, n) (count_over_time({job="x"} | json | x < 1e3 [1m])))"}) {
      cut += compare(test, std::string(query));
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(cut, 10000U);
}

std::string logfmt_line(Dice& dice) {
  static constexpr std::string_view kNames[] = {
      "GET",    "POST",  "\"a b\"", "\"x\\\"y\"", "\"\\u0041\"",     "a=b",
      "\"open", "é\xff", "",        "\"took=3\"", "\"\\q\"status=5", "took=1"};
  const std::size_t a = dice.below(1000);
  const std::size_t b = dice.below(20);
  const std::string_view name = kNames[dice.below(dice.below(3) == 0 ? std::size(kNames) : 3)];
  switch (dice.below(9)) {
    case 0:
      return fmt::format("took={}.{:02} method={} status={} ok={} id.orig=10.0.{}.{}", b, a % 100, name, 200 + b,
                         a % 2 == 0, b, a);
    case 1:
      return fmt::format("  method={}\ttook={}ms msg=\"{} and took={}\" x= took_extracted={} ", name, a, b, a, b);
    case 2:
      return fmt::format("took={} took={} {}={} \"took=7 status={}", a, b, name, a, b);
    case 3:
      return fmt::format("[{}] plain words {} took {} =took=5 {}", b, name, a, name);
    case 4:
      return fmt::format("status={} k{}=took id-orig={} {}", name, b, a, name);
    case 5:
      return fmt::format("method={}{:x} {:x}=took status=\"{}\"took={} 1st={}", name, dice.next(), dice.next(), a, b,
                         a);
    case 6:
      return fmt::format("msg=\"{}\"{}took={} method=m{}", a, b % 3 == 0 ? " " : "", a, b);
    case 7:
      return fmt::format("t{}ook={} \xff\"took={} {}\" é=1 method={}", b % 4 == 0 ? "" : "x", a, a, b, name);
    default:
      return generated_line(dice);
  }
}

TEST(ShortLines, OfLogfmtAsGoodAsWholeLines) {
  std::size_t cut = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Dice dice(seed);
    std::vector<std::string> lines(4000);
    for (std::string& line : lines) line = logfmt_line(dice);
    const EncodedTestBlock test(lines);
    for (const std::string_view query :
         {R"(sum(count_over_time({job="x"} | logfmt | took > 5 [1m])))",
          R"(sum by (method) (count_over_time({job="x"} | logfmt [1m])))",
          R"(sum by (method) (count_over_time({job="x"} | logfmt --keep-empty | method="" [1m])))",
          R"(sum by (id_orig, _1st) (count_over_time({job="x"} | logfmt | status="stream" [1m])))",
          R"(sum by (status_extracted) (count_over_time({job="x"} | logfmt | took_extracted >= 0 [1m])))",
          R"(quantile_over_time(0.5, {job="x"} | logfmt took, s="status" | took != "" | unwrap took [1m]) by (s))",
          R"(sum_over_time({job="x"} | logfmt status, took="took" | unwrap duration(took) | __error__="" [1m]))"}) {
      cut += compare(test, std::string(query));
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(cut, 60000U);
}

TEST(ShortLines, OnlyOfQueriesThatReadFieldsAlone) {
  const auto needs = [](const std::string& query) {
    const auto parsed = logql::parse(query);
    CHECK_MSG(parsed.ok(), query);
    const auto extractor = pipeline::SampleExtractor::build(parsed->metric(), {});
    CHECK_MSG(extractor.ok(), query);
    return field_needs(range_of(parsed->metric()).range.log.stages, (*extractor)->hints()).names.size();
  };
  EXPECT_EQ(needs(R"(sum by (a) (count_over_time({job="x"} | json | b > 1 [1m])))"), 2U);
  EXPECT_EQ(needs(R"(count_over_time({job="x"} | logfmt num | num > 1 [1m]))"), 1U);
  for (const std::string_view query :
       {R"(count_over_time({job="x"} | json | b > 1 [1m]))",
        R"(sum by (a) (count_over_time({job="x"} | logfmt --strict | b > 1 [1m])))",
        R"(sum by (a) (count_over_time({job="x"} | logfmt | json [1m])))",
        R"(sum by (a) (count_over_time({job="x"} | json a="b" [1m])))",
        R"(sum by (a) (count_over_time({job="x"} | line_format "{{.b}}" | logfmt [1m])))",
        R"(sum by (a) (count_over_time({job="x"} | a="b" [1m])))"}) {
    EXPECT_EQ(needs(std::string(query)), 0U) << query;
  }
}

TEST(ShortLines, AsGoodAsWholeLinesOfRealFiles) {
  const std::filesystem::path folder(CORDWOOD_CORPORA);
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no corpora in " << folder;
  for (const std::string_view name : {"dns.json", "ssl.json", "sample-mongod.log", "nezha_tt_docker.json",
                                      "invictus_cloudtrail.ndjson", "cassandra_dse.log"}) {
    std::ifstream file(folder / name, std::ios::binary);
    std::vector<std::string> lines;
    std::size_t bytes = 0;
    for (std::string line; bytes < (2 << 20) && lines.size() < codec::kLineBlockRowsMax && std::getline(file, line);) {
      bytes += line.size();
      lines.push_back(line);
    }
    const EncodedTestBlock test(lines);
    const std::size_t cut =
        compare(test, R"(sum(count_over_time({job="x"} | json | rtt > 0.1 [1m])))") +
        compare(test, R"(sum by (qtype_name, version, c, log) (count_over_time({job="x"} | json [1m])))") +
        compare(test, R"(sum by (level, app) (sum_over_time({job="x"} | logfmt num, msg | unwrap num [1m])))") +
        compare(test,
                R"(sum by (id_resp_p, stream, s, eventName, attr_remote) (count_over_time({job="x"} | json [1m])))");
    fmt::print("{}: {} of {} lines cut\n", name, cut, 4 * lines.size());
  }
}

}  // namespace
}  // namespace cordwood::exec
