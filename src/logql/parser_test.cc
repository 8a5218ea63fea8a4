#include <gtest/gtest.h>

#include <string>

#include "logql/parse.h"
#include "logql/print.h"

namespace cordwood::logql {
namespace {

std::string error_of(std::string_view text) {
  const base::StatusOr<Query> query = parse(text);
  return query.ok() ? "accepted" : std::string(base::message_of(query.status()));
}

std::string canonical(std::string_view text) {
  const base::StatusOr<Query> query = parse(text);
  return query.ok() ? print(*query) : std::string(base::message_of(query.status()));
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(ParserTest, NamesWhatItExpectedWhenThatIsShort) {
  EXPECT_EQ(error_of("{foo}"),
            "parse error at line 1, col 5: syntax error: unexpected }, expecting = or =~ or !~ or !=");
  EXPECT_EQ(error_of("{a=5}"), "parse error at line 1, col 4: syntax error: unexpected NUMBER, expecting STRING");
  EXPECT_EQ(error_of("{,}"), "parse error at line 1, col 2: syntax error: unexpected ,, expecting IDENTIFIER or }");
  EXPECT_EQ(error_of("{a=\"b\",}"), "parse error at line 1, col 8: syntax error: unexpected }, expecting IDENTIFIER");
  EXPECT_EQ(error_of("{a=\"b\""), "parse error at line 1, col 7: syntax error: unexpected $end, expecting } or ,");
  EXPECT_EQ(error_of("rate(x)"),
            "parse error at line 1, col 6: syntax error: unexpected IDENTIFIER, expecting NUMBER or { or (");
  EXPECT_EQ(error_of("sum by (x,) (vector(1))"),
            "parse error at line 1, col 11: syntax error: unexpected ), expecting IDENTIFIER");
  EXPECT_EQ(error_of(""), "parse error at line 1, col 1: syntax error: unexpected $end");
  EXPECT_EQ(error_of("{a=\"b\"}\n| line_format foo"),
            "parse error at line 2, col 15: syntax error: unexpected IDENTIFIER, expecting STRING");
}

TEST(ParserTest, LexicalErrorsComeBeforeTheSyntaxErrorsTheyCause) {
  EXPECT_EQ(error_of("{a=\"b}"), "parse error at line 1, col 4: literal not terminated");
  EXPECT_EQ(error_of("rate({a=\"b\"}[5x])"), "parse error at line 0, col 13: unknown unit \"x\" in duration \"5x\"");
  EXPECT_EQ(error_of("} $"), "parse error at line 1, col 1: syntax error: unexpected }");
}

TEST(ParserTest, SelectorsMustNarrow) {
  EXPECT_EQ(error_of("{}").substr(0, 50), "parse error : queries require at least one regexp ");
  EXPECT_NE(error_of("{a=\"\"}"), "accepted");
  EXPECT_NE(error_of("{a=~\"b|\"}"), "accepted");
  EXPECT_EQ(error_of("{a!=\"\"}"), "accepted");
  EXPECT_EQ(error_of("{a=~\".+\"}"), "accepted");
  EXPECT_TRUE(parse("{}", SelectorCheck::kOff).ok());
  EXPECT_EQ(error_of("{a=~\"[\"}"), "parse error : error parsing regexp: missing closing ]: `[)$`");
}

TEST(ParserTest, RangesMayComeBeforeOrAfterTheStages) {
  const std::string want = "rate({a=\"b\"} |= \"x\" | unwrap y[5m] offset 1m0s)";
  EXPECT_EQ(canonical("rate({a=\"b\"} |= \"x\" | unwrap y [5m] offset 1m)"), want);
  EXPECT_EQ(canonical("rate({a=\"b\"}[5m] offset 1m |= \"x\" | unwrap y)"), want);
  EXPECT_EQ(canonical("rate((({a=\"b\"} |= \"x\" | unwrap y) [5m] offset 1m))"), want);
  EXPECT_EQ(canonical("rate(({a=\"b\"})[5m] | unwrap y)"), "rate({a=\"b\"} | unwrap y[5m])");
  EXPECT_NE(error_of("rate({a=\"b\"})"), "accepted");
  EXPECT_NE(error_of("rate(({a=\"b\"} | json)[5m] | unwrap y)"), "accepted");
  EXPECT_NE(error_of("{a=\"b\"} | unwrap y"), "accepted");
  EXPECT_EQ(canonical("rate({a=\"b\"}[5m] offset -1h)"), "rate({a=\"b\"}[5m] offset -1h0m0s)");
}

TEST(ParserTest, PrecedenceAndSides) {
  const std::string a = "rate({a=\"b\"}[1m])";
  EXPECT_EQ(canonical(a + "+2*" + a), "(" + a + " + (2 * " + a + "))");
  EXPECT_EQ(canonical(a + "-" + a + "-" + a), "((" + a + " - " + a + ") - " + a + ")");
  EXPECT_EQ(canonical(a + "^" + a + "^" + a), "(" + a + " ^ (" + a + " ^ " + a + "))");
  EXPECT_EQ(canonical(a + " or " + a + " and " + a), "(" + a + " or (" + a + " and " + a + "))");
  EXPECT_EQ(canonical(a + " > bool on (x, y) group_left (z) " + a),
            "(" + a + " > bool on (x,y) group_left (z) " + a + ")");
  EXPECT_EQ(canonical(a + " * on () group_right (" + a + " + 1)"),
            "parse error at line 1, col 40: syntax error: unexpected RATE, expecting IDENTIFIER or )");
  EXPECT_EQ(canonical("2^3^2"), "512");
  EXPECT_EQ(canonical("-2^2"), "4") << "the sign belongs to the number";
  EXPECT_EQ(canonical("1/0"), "(0 / 0)") << "NaN, in a form that can be read back";
}

TEST(ParserTest, LabelFilterJoints) {
  EXPECT_EQ(canonical("{a=\"b\"} | x=1 and y=2 or z=3"), "{a=\"b\"} | ( ( x==1 , y==2 ) or z==3 )");
  EXPECT_EQ(canonical("{a=\"b\"} | x=1, y=2 or z=3"), "{a=\"b\"} | ( x==1 , ( y==2 or z==3 ) )");
  EXPECT_EQ(canonical("{a=\"b\"} | x=1 y=2 z=3"), "{a=\"b\"} | ( x==1 , ( y==2 , z==3 ) )");
  EXPECT_EQ(canonical("{a=\"b\"} | x=1 or y=2 and z=3 or w=4"), "{a=\"b\"} | ( ( x==1 or ( y==2 , z==3 ) ) or w==4 )");
  EXPECT_EQ(canonical("{a=\"b\"} | (x=1 or y=2) z>=1.5KiB"), "{a=\"b\"} | ( ( x==1 or y==2 ) , z>=1536B )");
}

TEST(ParserTest, AggregationRules) {
  EXPECT_EQ(error_of("count_over_time({a=\"b\"}[1m]) by (x)"),
            "parse error : grouping not allowed for count_over_time aggregation");
  EXPECT_EQ(error_of("sum(2, vector(1))"), "parse error : unsupported parameter for operation sum(2,");
  EXPECT_EQ(error_of("topk(1.5, vector(1))"), "parse error : invalid parameter topk(1.5,");
  EXPECT_EQ(canonical("sum(2 * rate({a=\"b\"}[1m]))"), "sum((2 * rate({a=\"b\"}[1m])))");
  EXPECT_EQ(canonical("topk by (x) (3, vector(1))"), "topk by (x)(3,vector(1.000000))");
  EXPECT_EQ(canonical("max without () (vector(1))"), "max without ()(vector(1.000000))");
  EXPECT_EQ(canonical("max by () (vector(1))"), "max(vector(1.000000))");
  EXPECT_NE(error_of("sum by (x) (vector(1)) by (y)"), "accepted");
  EXPECT_EQ(error_of("sum({a=\"b\"})"), "parse error at line 1, col 12: syntax error: unexpected )");
}

TEST(ParserTest, StagesAreChecked) {
  EXPECT_EQ(error_of("{a=\"b\"} | regexp \"x\""),
            "parse error : invalid regexp parser: at least one named capture must be supplied");
  EXPECT_EQ(error_of("{a=\"b\"} | regexp \"(?<x>.)(?P<x>.)\""),
            "parse error : invalid regexp parser: duplicate extracted label name 'x'");
  EXPECT_EQ(error_of("{a=\"b\"} | pattern \"x\""),
            "parse error : invalid pattern parser: at least one capture is required");
  EXPECT_EQ(error_of("{a=\"b\"} | label_format x=y,x=z"),
            "parse error : multiple label name 'x' not allowed in a single format operation");
  EXPECT_EQ(canonical("{a=\"b\"} | drop x, y=~\"z.*\" | keep w"), "{a=\"b\"} | drop x,y=~\"z.*\" | keep w");
  EXPECT_EQ(canonical("{a=\"b\"} | json x, y=\"z[0]\""), "{a=\"b\"} | json x=\"x\",y=\"z[0]\"");
}

TEST(ParserTest, NodesKnowTheirPlace) {
  const base::StatusOr<Query> query = parse("  {a=\"b\"} |= \"x\" | json | foo>5");
  ASSERT_TRUE(query.ok());
  const LogExpr& log = query->log();
  EXPECT_EQ(log.at, 2U);
  EXPECT_EQ(log.matchers[0].at, 3U);
  EXPECT_EQ(position_of(log.stages[0]), 10U);
  EXPECT_EQ(position_of(log.stages[1]), 17U);
  EXPECT_EQ(position_of(log.stages[2]), 24U);
  EXPECT_EQ(std::get<LabelFilterStage>(log.stages[2]).filter->at, 26U);
}

// Inputs that would exhaust the stack of a parser, a printer or a destructor without a limit.
TEST(ParserTest, DepthIsBounded) {
  const std::string leaf = "vector(1)";
  EXPECT_EQ(error_of(repeat("(", 150) + leaf + repeat(")", 150)), "accepted");
  for (const std::string& deep :
       {repeat("(", 60000) + leaf + repeat(")", 60000), repeat("sum(", 30000) + leaf, repeat("(", 131000),
        "{a=\"b\"} | " + repeat("(", 60000) + "x=1", leaf + repeat("^" + leaf, 10000), "rate(" + repeat("(", 100000),
        "{a=\"b\"} | x=1" + repeat(" or x=1", 15000), leaf + repeat("+" + leaf, 12000),
        "{a=\"b\"} | x=1" + repeat(" x=1", 20000)}) {
    EXPECT_NE(error_of(deep).find("nested too deeply"), std::string::npos) << deep.substr(0, 40);
  }
  EXPECT_EQ(error_of(leaf + repeat("+" + leaf, 900)), "accepted");
  EXPECT_EQ(error_of("{a=\"b\"} | x=1" + repeat(" or x=1", 900)), "accepted");
  EXPECT_EQ(error_of("{a=\"b\"}" + repeat("|=\"x\"", 20000)), "accepted") << "a list is not a tree";
}

TEST(ParserTest, SizeIsBounded) {
  const std::string query = "{a=\"b\"} |= \"";
  const std::string longest = query + std::string(kMaxQueryBytes - query.size() - 2, 'x') + "\"";
  EXPECT_EQ(longest.size(), kMaxQueryBytes - 1);
  EXPECT_EQ(error_of(longest), "accepted");
  EXPECT_EQ(error_of(longest + " "), "parse error : input size too long (131072 > 131072)");
}

TEST(ParserTest, SmallEntryPoints) {
  EXPECT_TRUE(parse_log_query("{a=\"b\"} | json").ok());
  EXPECT_EQ(base::message_of(parse_log_query("vector(1)").status()), "only log selector is supported");
  EXPECT_EQ(base::message_of(parse_matchers("{a=\"b\"} | json").status()), "only label matchers are supported");
  EXPECT_EQ(parse_stages("| json | x=1 |= \"y\"")->size(), 3U);
  EXPECT_TRUE(parse_stages("")->empty());
  EXPECT_FALSE(parse_stages("json").ok());
  EXPECT_FALSE(parse_stages("| unwrap x").ok());
}

TEST(ParserTest, NegatedChainsMeanNoneOfThem) {
  const auto stages = parse_stages("!= \"a\" or ip(\"1.2.3.4\") or \"c\" |= \"d\" or \"e\"");
  ASSERT_TRUE(stages.ok());
  ASSERT_EQ(stages->size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(std::get<LineFilter>((*stages)[i]).terms.size(), 1U);
  EXPECT_EQ(std::get<LineFilter>((*stages)[3]).terms.size(), 2U);
}

}  // namespace
}  // namespace cordwood::logql
