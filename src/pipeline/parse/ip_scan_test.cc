#include "pipeline/parse/ip_scan.h"

#include <gtest/gtest.h>

#include "pipeline/parse/pattern_match.h"

namespace cordwood::pipeline {
namespace {

bool holds(std::string_view text, std::string_view pattern) {
  return holds_ip(text, logql::parse_ip_pattern(pattern).value());
}

TEST(IpScan, FindsAddressesInText) {
  EXPECT_TRUE(holds("from 10.1.2.3:80 to", "10.0.0.0/8"));
  EXPECT_FALSE(holds("from 110.1.2.3:80 to", "10.0.0.0/8"));
  EXPECT_TRUE(holds("1.2.3.4", "1.2.3.4"));
  EXPECT_TRUE(holds("x 1.2.3 then 1.2.3.9", "1.2.3.0-1.2.3.10"));
  EXPECT_FALSE(holds("1.2.3.4.5", "1.2.3.4"));
  EXPECT_TRUE(holds("[2001:db8::5]:443", "2001:db8::/32"));
  EXPECT_TRUE(holds("::1", "::1"));
  EXPECT_FALSE(holds("std::string", "::1"));
  EXPECT_FALSE(holds("", "0.0.0.0/0"));
  EXPECT_FALSE(holds("::1", "0.0.0.0/0"));
  EXPECT_FALSE(holds("1.2.3.4", "::/0"));
}

TEST(PatternMatch, Captures) {
  const auto captures = [](std::string_view pattern, std::string_view line) {
    std::vector<std::string_view> values;
    match_pattern(logql::split_pattern(pattern), line, values);
    std::string out;
    for (const std::string_view value : values) out += "[" + std::string(value) + "]";
    return out;
  };
  EXPECT_EQ(captures("<a> - <_> <b>", "x - y z w"), "[x][z w]");
  EXPECT_EQ(captures("pre <a>", "no pre x"), "");
  EXPECT_EQ(captures("pre <a>", "pre x"), "[x]");
  EXPECT_EQ(captures("<a>,<b>,<c>", "1,2"), "[1][2]");
  EXPECT_EQ(captures("<a> end", ""), "");
}

TEST(PatternMatch, WholeLines) {
  const auto matches = [](std::string_view pattern, std::string_view line) {
    return pattern_matches_line(logql::split_pattern(pattern), line);
  };
  EXPECT_TRUE(matches("GET <_> 200", "xx GET /a 200"));
  EXPECT_FALSE(matches("GET <_> 200", "GET /a 200 more"));
  EXPECT_FALSE(matches("<_> bar <_>", " bar "));
  EXPECT_TRUE(matches("<_>bar<_>", " bar "));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "x"));
  EXPECT_FALSE(matches("<_>", ""));
}

}  // namespace
}  // namespace cordwood::pipeline
