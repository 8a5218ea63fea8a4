#include <gtest/gtest.h>

#include "logql/parse.h"
#include "logql/print.h"

namespace cordwood::logql {
namespace {

std::string formatted(std::string_view text, std::size_t width) {
  return format(*parse(text), width);
}

TEST(FormatTest, ShortQueriesStayOnOneLine) {
  EXPECT_EQ(formatted("sum( rate( {a=\"b\"}[1m] ))", kFormatWidth), "sum(rate({a=\"b\"}[1m]))");
}

TEST(FormatTest, KeepsParenthesesThatCarryMeaning) {
  EXPECT_EQ(formatted("(rate({a=\"b\"}[1m]) + rate({a=\"c\"}[1m])) * vector(2)", 25),
            "  (\n"
            "      rate({a=\"b\"}[1m])\n"
            "    +\n"
            "      rate({a=\"c\"}[1m])\n"
            "  )\n"
            "*\n"
            "  vector(2.000000)");
}

TEST(FormatTest, LabelReplaceHasAnArgumentALine) {
  EXPECT_EQ(formatted("label_replace(vector(1), \"a\", \"$1\", \"b\", \"(.*)\")", 20),
            "label_replace(\n  vector(1.000000),\n  \"a\",\n  \"$1\",\n  \"b\",\n  \"(.*)\"\n)");
}

// Whatever the width, the formatted text means the same.
TEST(FormatTest, ReadsBackAtAnyWidth) {
  for (const std::string_view text :
       {"sum by (x) (rate({a=\"b\"} | json x=\"y\" | z>5 or w=\"1\" | unwrap duration(v) | __error__=\"\" [5m] offset "
        "1h))",
        "topk(5, rate({a=\"b\"}[1m])) - (rate({a=\"b\"}[1m]) - rate({a=\"c\"}[1m]) ^ 2) ^ 2",
        "(rate({a=\"b\"}[1m]) ^ 2) ^ 2 unless on (x) (rate({a=\"b\"}[1m]) or vector(1))",
        "quantile_over_time(0.5, {a=\"b\"} | unwrap bytes(x) [1m]) by () > bool ignoring (y) group_right (z) "
        "vector(0.5)",
        "(rate({a=\"b\"}[1m]) or vector(1)) * on (x) group_left () (rate({a=\"b\"}[1m]) + 1)",
        "{a=\"b\", c=~\"d\"} |= \"e\" or \"f\" != \"g\" | label_format x=y,z=\"{{.w}}\" | keep x, y=\"z\" | "
        "decolorize"}) {
    const base::StatusOr<Query> query = parse(text);
    ASSERT_TRUE(query.ok()) << text << query.status();
    for (std::size_t width = 0; width < 130; ++width) {
      const base::StatusOr<Query> again = parse(format(*query, width));
      ASSERT_TRUE(again.ok()) << format(*query, width) << again.status();
      ASSERT_EQ(print(*again), print(*query)) << format(*query, width);
    }
  }
}

TEST(PrintTest, ValuesReadBackExactly) {
  for (const std::string_view text :
       {"{a=\"b\"} | x=2561B | y<1.5s | z>=0.1 | w=1e21 | v=~\"a`b\" | u=~\"a\\u0000b\" | t=\"\\xff\"",
        "vector(0.0000001) + vector(1e300)", "rate({a=\"b\"}[90s] offset 1500us)", "1e308 * 10", "-1e308 * 10", "1 / 0",
        "label_replace(vector(1), \"a\", \"\\\"\", \"b\", \"`\")", "rate({a=\"b\"}[1m]) > -1e-7"}) {
    const base::StatusOr<Query> query = parse(text);
    ASSERT_TRUE(query.ok()) << text << query.status();
    const base::StatusOr<Query> again = parse(print(*query));
    ASSERT_TRUE(again.ok()) << print(*query) << again.status();
    EXPECT_EQ(print(*again), print(*query));
  }
  EXPECT_EQ(print(*parse("{a=\"b\"} | x>=10GB or x<2561B")), "{a=\"b\"} | ( x>=10GB or x<2561B )");
}

}  // namespace
}  // namespace cordwood::logql
