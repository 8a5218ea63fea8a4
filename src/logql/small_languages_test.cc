// Paths, patterns, addresses and regexes: what strings inside of queries hold.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include "logql/ip_pattern.h"
#include "logql/json_path.h"
#include "logql/pattern.h"
#include "logql/regex.h"

namespace cordwood::logql {
namespace {

template <typename T>
std::string error_of(const base::StatusOr<T>& value) {
  return value.ok() ? "accepted" : std::string(base::message_of(value.status()));
}

TEST(JsonPathTest, Steps) {
  const JsonPath want = {std::string("a"), std::uint64_t{3}, std::string("odd \\ key"), std::string("b_1")};
  EXPECT_EQ(*parse_json_path("a[3][\"odd \\ key\"].b_1"), want);
  EXPECT_EQ(*parse_json_path(" [0] "), JsonPath{std::uint64_t{0}});
}

TEST(JsonPathTest, Errors) {
  EXPECT_EQ(error_of(parse_json_path("")), "syntax error: unexpected $end, expecting LSB or FIELD");
  EXPECT_EQ(error_of(parse_json_path("a.")), "syntax error: unexpected $end, expecting FIELD");
  EXPECT_EQ(error_of(parse_json_path("a.[0]")), "syntax error: unexpected LSB, expecting FIELD");
  EXPECT_EQ(error_of(parse_json_path("a[b]")), "syntax error: unexpected FIELD, expecting STRING or INDEX");
  EXPECT_EQ(error_of(parse_json_path("a[0")), "syntax error: unexpected $end, expecting RSB");
  EXPECT_EQ(error_of(parse_json_path("a-b")), "unexpected char -");
  EXPECT_EQ(error_of(parse_json_path("[99999999999999999999]")), "index out of range");
}

TEST(LogfmtKeyTest, ExactlyOne) {
  EXPECT_EQ(*parse_logfmt_key(" response.code "), "response.code");
  EXPECT_EQ(error_of(parse_logfmt_key("")), "syntax error: unexpected $end, expecting KEY");
  EXPECT_EQ(error_of(parse_logfmt_key("a b")), "syntax error: unexpected KEY");
  EXPECT_EQ(error_of(parse_logfmt_key("a=b")), "unexpected char =");
}

TEST(PatternTest, NodesAndRules) {
  const Pattern nodes = split_pattern("<a><b <_> 1<1>");
  ASSERT_EQ(nodes.size(), 4U);
  EXPECT_EQ(nodes[1].text, "<b ");
  EXPECT_EQ(nodes[3].text, " 1<1>");
  EXPECT_TRUE(split_pattern("").empty());
  EXPECT_TRUE(parse_pattern("<a> <_> <b>").ok());
  EXPECT_EQ(error_of(parse_pattern("<a><b>")), "found consecutive capture '<a><b>': invalid expression");
  EXPECT_TRUE(parse_filter_pattern("").ok());
  EXPECT_TRUE(parse_filter_pattern("plain").ok());
  EXPECT_FALSE(parse_filter_pattern("a <b>").ok());
}

TEST(IpPatternTest, Addresses) {
  EXPECT_TRUE(parse_ip_address("192.168.0.1").has_value());
  EXPECT_EQ(parse_ip_address("::ffff:1.2.3.4"), parse_ip_address("0:0:0:0:0:ffff:102:304"));
  EXPECT_TRUE(parse_ip_address("::").has_value());
  EXPECT_TRUE(parse_ip_address("1::").has_value());
  for (const std::string_view bad :
       {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4 ", "1:2", ":::", "1::2::3", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::8", "g::", "12345::", "fe80::1%eth0", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "1.2.3.-4"}) {
    EXPECT_FALSE(parse_ip_address(bad).has_value()) << bad;
  }
}

TEST(IpPatternTest, BlocksAndRanges) {
  const IpPattern block = *parse_ip_pattern("10.1.2.3/9");
  EXPECT_TRUE(block.contains(*parse_ip_address("10.0.0.0")));
  EXPECT_TRUE(block.contains(*parse_ip_address("10.127.255.255")));
  EXPECT_FALSE(block.contains(*parse_ip_address("10.128.0.0")));
  EXPECT_FALSE(block.contains(*parse_ip_address("::10.1.2.3")));
  EXPECT_TRUE(parse_ip_pattern("0.0.0.0/0")->contains(*parse_ip_address("255.255.255.255")));
  EXPECT_TRUE(parse_ip_pattern("fe80::/10")->contains(*parse_ip_address("febf::1")));
  EXPECT_TRUE(parse_ip_pattern("1.1.1.1-1.1.1.9")->contains(*parse_ip_address("1.1.1.9")));
  for (const std::string_view bad : {"", "1.1.1.1/33", "1.1.1.1/", "1.1.1.1/08", "::/129", "1.1.1.9-1.1.1.1",
                                     "1.1.1.1 - 1.1.1.2", "1.1.1.1-::2", "-", "a/8"}) {
    EXPECT_EQ(error_of(parse_ip_pattern(bad)).substr(0, 20), "ip: invalid pattern ") << bad;
  }
}

TEST(RegexTest, GoNamesAndTexts) {
  EXPECT_EQ(regex_text("(?<a>x)[(?<]\\(?<", RegexUse::kLine), "(?P<a>x)[(?<]\\(?<");
  EXPECT_EQ(regex_text("[](?<a]", RegexUse::kLine), "[](?<a]");
  const auto regex = compile_regex("a.b", RegexUse::kMatcher);
  ASSERT_TRUE(regex.ok());
  EXPECT_TRUE(re2::RE2::PartialMatch("a\nb", **regex));
  EXPECT_FALSE(re2::RE2::PartialMatch("xa\nb", **regex));
  EXPECT_FALSE(re2::RE2::PartialMatch("a\nb", **compile_regex("a.b", RegexUse::kLine)));
  EXPECT_EQ(error_of(compile_regex("a\\q", RegexUse::kLine)), "error parsing regexp: invalid escape sequence: `\\q`");
  EXPECT_EQ(error_of(compile_regex("[a", RegexUse::kLine)), "error parsing regexp: missing closing ]: `[a`");
  EXPECT_EQ(error_of(compile_regex("*", RegexUse::kLine)),
            "error parsing regexp: missing argument to repetition operator: `*`");
  EXPECT_FALSE(compile_regex("(((a{100}){100}){100}){100}", RegexUse::kLine).ok());
}

}  // namespace
}  // namespace cordwood::logql
