#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include "logql/parse.h"
#include "pipeline/sample_extractor.h"

namespace cordwood::pipeline {
namespace {

using core::MetadataPair;

std::shared_ptr<const Pipeline> build(std::string_view stages) {
  auto pipeline = Pipeline::build(logql::parse_stages(stages).value(), {});
  EXPECT_TRUE(pipeline.ok()) << pipeline.status();
  return *pipeline;
}

std::string text(std::span<const LabelView> labels) {
  std::string out;
  for (const LabelView& label : labels) out += std::string(label.name) + "=" + std::string(label.value) + " ";
  return out;
}

// "line | labels", or "dropped".
std::string run(std::string_view stages, std::string_view line, std::vector<MetadataPair> metadata = {}) {
  const core::Labels stream(std::vector<core::Label>{{"app", "a"}});
  PipelineRun row(build(stages), stream);
  if (!row.process({0}, line, metadata)) return "dropped";
  return std::string(row.line()) + " | " + text(row.all_labels());
}

TEST(Pipeline, LineFiltersMoveToTheFront) {
  const auto pipeline = build(R"(| logfmt |= "a" | x="1" != "b" | line_format "{{.x}}" |= "c")");
  EXPECT_TRUE(pipeline->line_filters().matches("a"));
  EXPECT_FALSE(pipeline->line_filters().matches("ab"));
  EXPECT_TRUE(pipeline->may_change_line());
  EXPECT_FALSE(pipeline->only_line_filters());
  EXPECT_TRUE(build(R"(|= "a" !~ "b")")->only_line_filters());
  EXPECT_TRUE(build(R"(|= "" |~ "")")->is_noop());
  EXPECT_EQ(run(R"(| decolorize |= "ab")", "a\x1b[1mb"), "ab | app=a ");
}

TEST(Pipeline, JsonDepthIsBounded) {
  std::string line;
  for (int i = 0; i < 20000; ++i) line += "{\"a\":";
  line += "1" + std::string(20000, '}');
  EXPECT_EQ(run("| json", line).substr(line.size()), " | app=a ");
}

TEST(Pipeline, JsonPaths) {
  constexpr std::string_view kLine = R"({"a":{"b":[1,{"c":"x\ty"}],"n":null,"o":{"p":1}},"a":{"b":[9]}})";
  EXPECT_EQ(run(R"(| json x="a.b[1].c", y="a.n", z="a.o", w="a.b", v="a.q")", kLine),
            std::string(kLine) + " | app=a v= w=[1,{\"c\":\"x\ty\"}] x=x\ty y= z={\"p\":1} ");
  EXPECT_EQ(run(R"(| json app="a")", R"({"a":"p"})"), "{\"a\":\"p\"} | app=a app_extracted=p ");
  EXPECT_EQ(run(R"(| json x="a")", R"({"a":"open)"),
            "{\"a\":\"open | __error__=JSONParserErr __error_details__=Value is string, but can't find closing '\"' "
            "symbol app=a x= ");
}

TEST(Pipeline, LogfmtPaths) {
  EXPECT_EQ(run(R"(| logfmt a="k", b="k", c="z", app="k")", "k=1 j=2"), "k=1 j=2 | a=1 app=a app_extracted=1 b=1 c= ");
}

TEST(Pipeline, FirstValueWinsOverAllParsers) {
  EXPECT_EQ(run(R"x(| logfmt | label_format y="set" | regexp "(?P<x>.)(?P<y>.)(?P<z>.)")x", "x=1"),
            "x=1 | app=a x=1 y=set z=1 ");
}

TEST(Pipeline, TypedFiltersAndErrors) {
  EXPECT_EQ(run("| logfmt | n > 5", "m=1"), "dropped");
  EXPECT_EQ(run("| logfmt | n > 5", "n=5"), "dropped");
  EXPECT_EQ(run("| logfmt | n > 5 | d > 1s", "n=x d=y"),
            "n=x d=y | __error__=LabelFilterErr __error_details__=strconv.ParseFloat: parsing \"x\": invalid syntax "
            "app=a d=y n=x ");
  EXPECT_EQ(run("| logfmt | n > 5 | __error__=\"\"", "n=x"), "dropped");
  EXPECT_EQ(run("| logfmt | n > 5 | drop __error__, __error_details__", "n=x"), "n=x | app=a n=x ");
  EXPECT_EQ(run("| logfmt | x=~\"a.b\"", "x=\"a\nb\""), "x=\"a\nb\" | app=a x=a\nb ");
}

TEST(Pipeline, MetadataTakesPart) {
  EXPECT_EQ(run(R"(| user="bob" | logfmt)", "user=eve app=z", {{"user", "bob"}, {"app", "m"}}),
            "user=eve app=z | app=a app_extracted=z user=bob user_extracted=eve ");
}

TEST(Pipeline, TemplateErrorsKeepTheLine) {
  EXPECT_EQ(run(R"(| line_format "x{{ div 1 0 }}")", "line"),
            "line | __error__=TemplateFormatErr __error_details__=template: line:1:4: executing \"line\" at <div 1 0>: "
            "error calling div: runtime error: integer divide by zero app=a ");
}

TEST(Pipeline, BuildErrors) {
  const auto message = [](std::string_view stages) {
    return std::string(base::message_of(Pipeline::build(logql::parse_stages(stages).value(), {}).status()));
  };
  EXPECT_EQ(message(R"(| line_format "{{")"), "invalid line template: template: line:1: unclosed action");
  EXPECT_EQ(message(R"(| label_format a="{{")"), "invalid template for label 'a': template: label:1: unclosed action");
  EXPECT_EQ(message(R"(|> "<x>")"), "named captures are not allowed: found '<x>'");
  EXPECT_NE(message(R"(|= ip("x"))").find("ip: invalid pattern"), std::string::npos);
  EXPECT_NE(message(R"(| a=ip("x"))").find("ip: invalid pattern"), std::string::npos);
}

// --- samples ---------------------------------------------------------------------------------------------------------

std::string sample(std::string_view query, std::string_view line, std::vector<MetadataPair> metadata = {}) {
  const auto parsed = logql::parse(query);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  const auto extractor = SampleExtractor::build(parsed->metric(), {});
  EXPECT_TRUE(extractor.ok()) << extractor.status();
  const core::Labels stream(std::vector<core::Label>{{"app", "a"}, {"pod", "1"}});
  SampleRun row(*extractor, stream);
  if (!row.process({0}, line, metadata)) return "none";
  return fmt::format("{} | {}", row.value(), text(row.labels()));
}

TEST(SampleExtractor, Values) {
  EXPECT_EQ(sample(R"(count_over_time({app="a"}[1m]))", "xyz"), "1 | app=a pod=1 ");
  EXPECT_EQ(sample(R"(bytes_rate({app="a"} | line_format "ab" [1m]))", "xyz"), "2 | app=a pod=1 ");
  EXPECT_EQ(sample(R"(sum_over_time({app="a"} | logfmt | unwrap v [1m]))", "v=2.5 x=1"), "2.5 | app=a pod=1 x=1 ");
  EXPECT_EQ(sample(R"(sum_over_time({app="a"} | logfmt | unwrap bytes(v) [1m]))", "v=2KiB"), "2048 | app=a pod=1 ");
  EXPECT_EQ(sample(R"(sum_over_time({app="a"} | logfmt | unwrap duration(v) | v != "1s" [1m]))", "v=1500ms"),
            "1.5 | app=a pod=1 ");
  EXPECT_EQ(sample(R"(sum_over_time({app="a"} | logfmt | unwrap v [1m]))", "x=1"), "none");
  EXPECT_EQ(sample(R"(sum_over_time({app="a"} | logfmt | unwrap v | __error__="" [1m]))", "v=x"), "none");
}

TEST(SampleExtractor, Grouping) {
  EXPECT_EQ(sample(R"(sum by (x, app) (count_over_time({app="a"} | logfmt [1m])))", "x=1 y=2"), "1 | app=a x=1 ");
  EXPECT_EQ(sample(R"(sum without (pod, y) (count_over_time({app="a"} | logfmt [1m])))", "x=1 y=2"), "1 | app=a x=1 ");
  EXPECT_EQ(sample(R"(sum(count_over_time({app="a"} | logfmt [1m])))", "x=1"), "1 | ");
  EXPECT_EQ(sample(R"(max(count_over_time({app="a"} | logfmt [1m])))", "x=1"), "1 | app=a pod=1 x=1 ");
  EXPECT_EQ(sample(R"(max_over_time({app="a"} | logfmt | unwrap v [1m]) by (x))", "x=1 v=3"), "3 | x=1 ");
  EXPECT_EQ(sample(R"(absent_over_time({app="a"} | logfmt [1m]))", "x=1"), "1 | ");
}

TEST(SampleExtractor, ErrorsAreNeverGroupedAway) {
  EXPECT_EQ(sample(R"(sum by (x) (sum_over_time({app="a"} | logfmt | unwrap v [1m])))", "x=1 v=bad"),
            "0 | __error__=SampleExtractionErr __error_details__=strconv.ParseFloat: parsing \"bad\": invalid syntax "
            "app=a pod=1 v=bad x=1 ");
}

// Hints stop the parser early; what it would have found later is not an error.
TEST(SampleExtractor, HintsStopParsers) {
  EXPECT_EQ(sample(R"(sum by (x) (count_over_time({app="a"} | json [1m])))", R"({"x":"1", broken)"), "1 | x=1 ");
  EXPECT_EQ(sample(R"(sum(count_over_time({app="a"} | json [1m])))", "not json"), "1 | ");
  EXPECT_EQ(sample(R"(count_over_time({app="a"} | json | __error__="" [1m]))", "not json"), "none");
  EXPECT_EQ(sample(R"(sum(count_over_time({app="a"} | json | __error__!="" [1m])))", "not json"),
            "1 | __error__=JSONParserErr __error_details__=Value looks like object, but can't find closing '}' symbol "
            "__preserve_error__=true app=a pod=1 ");
  // Only where hints are given: a query that is not grouped fails.
  for (const char* query : {R"(count_over_time({app="a"} | json | __error__!="" [1m]))",
                            R"(sum without (pod) (count_over_time({app="a"} | json | __error__!="" [1m])))"}) {
    EXPECT_EQ(sample(query, "not json").find("__preserve_error__"), std::string::npos) << query;
  }
}

}  // namespace
}  // namespace cordwood::pipeline
