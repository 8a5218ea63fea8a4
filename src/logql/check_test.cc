#include "logql/check.h"

#include <gtest/gtest.h>

#include "logql/parse.h"

namespace cordwood::logql {
namespace {

std::string late_error(std::string_view text) {
  const base::StatusOr<Query> query = parse(text);
  if (!query.ok()) return "rejected early: " + std::string(base::message_of(query.status()));
  return std::string(base::message_of(check_stages(*query)));
}

TEST(CheckTest, FindsWhatLokiReportsLate) {
  EXPECT_EQ(late_error("{a=\"b\"} |= ip(\"1.2.3.4\") | json x=\"y[0]\" | z=ip(\"::/8\") |> \"a <_>\" |~ \"b.*\""), "");
  EXPECT_EQ(late_error("{a=\"b\"} |~ \"(\"").substr(0, 39), "error parsing regexp: missing closing )");
  EXPECT_EQ(late_error("{a=\"b\"} |= \"x\" or ip(\"1.2.3\")"), "ip: invalid pattern \"1.2.3\"");
  EXPECT_EQ(late_error("{a=\"b\"} |~ ip(\"1.2.3.4\")"), "ip: invalid operation");
  EXPECT_EQ(late_error("{a=\"b\"} | x=1 or y!=ip(\"z\")"), "ip: invalid pattern \"z\"");
  EXPECT_EQ(late_error("{a=\"b\"} | json x=\"y z\""), "cannot parse expression [y z]: syntax error: unexpected FIELD");
  EXPECT_EQ(late_error("{a=\"b\"} | logfmt x=\"y z\""), "cannot parse expression [y z]: syntax error: unexpected KEY");
  EXPECT_EQ(late_error("{a=\"b\"} |> \"<_><_>\""), "found consecutive capture '<_><_>': invalid expression");
  EXPECT_EQ(late_error("sum(rate({a=\"b\"} | unwrap x | y=ip(\"z\") [1m]))"), "ip: invalid pattern \"z\"");
}

TEST(CheckTest, RangeLimitLooksAtEveryRange) {
  const Query query = *parse("rate({a=\"b\"}[5m]) / sum(rate({a=\"b\"}[1h]))");
  EXPECT_TRUE(check_range_limit(query, std::chrono::hours(1)).ok());
  EXPECT_TRUE(check_range_limit(query, std::chrono::nanoseconds(0)).ok());
  EXPECT_EQ(base::message_of(check_range_limit(query, std::chrono::minutes(30))),
            "[interval] value exceeds limit: [1h] > [30m]");
}

TEST(CheckTest, NoOpsAreNoFilters) {
  EXPECT_FALSE(has_filter(*parse_log_query("{a=\"b\"} | json |= \"\" |~ \"\" |~ \".*\" |= \"x\" or \"\"")));
  EXPECT_TRUE(has_filter(*parse_log_query("{a=\"b\"} != \"\"")));
  EXPECT_TRUE(has_filter(*parse_log_query("{a=\"b\"} |> \"\"")));
  EXPECT_TRUE(has_filter(*parse_log_query("{a=\"b\"} | x=1")));
}

TEST(CheckTest, MatchersAreAnchored) {
  const auto matcher = [](std::string_view text) { return (*parse_matchers(text, SelectorCheck::kOff))[0]; };
  EXPECT_TRUE(matches(matcher("{a=~\"b|c\"}"), "c"));
  EXPECT_FALSE(matches(matcher("{a=~\"b|c\"}"), "bc"));
  EXPECT_TRUE(matches(matcher("{a=~\"b.c\"}"), "b\nc"));
  EXPECT_TRUE(matches(matcher("{a!~\"b|c\"}"), "xb"));
  EXPECT_TRUE(matches(matcher("{a!=\"b\"}"), ""));
}

}  // namespace
}  // namespace cordwood::logql
