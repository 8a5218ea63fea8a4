#include "pipeline/text/regex.h"

#include <gtest/gtest.h>

namespace cordwood::pipeline {
namespace {

Regex compile(std::string_view pattern, logql::RegexUse use = logql::RegexUse::kLine) {
  base::StatusOr<Regex> regex = Regex::compile(pattern, use);
  EXPECT_TRUE(regex.ok()) << regex.status();
  return std::move(regex).value();
}

std::string replaced(std::string_view pattern, std::string_view text, std::string_view by, bool literal = false) {
  bool truncated = false;
  return compile(pattern).replace_all(text, by, literal, 1 << 20, truncated);
}

TEST(Regex, InvalidBytesAreOneRuneEach) {
  EXPECT_TRUE(
      compile("a.b").matches("a\xff"
                             "b"));
  EXPECT_FALSE(
      compile("a.b").matches("a\xff\xfe"
                             "b"));
  EXPECT_TRUE(compile("^.{3}$").matches("\xe2\x82\xff"));
  EXPECT_TRUE(compile("ö").matches("\xff ö"));
}

TEST(Regex, GroupsPointIntoTheTextAsItIs) {
  const std::string_view text = "\xff\xff key=\xfev end";
  std::vector<Regex::Span> spans;
  ASSERT_TRUE(compile("key=(?P<v>\\S+) (\\w+)|(x)").find(text, 0, spans));
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_EQ(spans[1].of(text), "\xfev");
  EXPECT_EQ(spans[2].of(text), "end");
  EXPECT_FALSE(spans[3].matched());
}

TEST(Regex, NewlinesAndAnchors) {
  EXPECT_FALSE(compile("a.b").matches("a\nb"));
  EXPECT_TRUE(compile("a.b", logql::RegexUse::kMatcher).matches("a\nb"));
  EXPECT_FALSE(compile("a", logql::RegexUse::kMatcher).matches("ab"));
  EXPECT_FALSE(compile("a|b", logql::RegexUse::kMatcher).matches("ac"));
  EXPECT_TRUE(compile("b").matches("abc"));
}

TEST(Regex, CountsAsGoDoes) {
  EXPECT_EQ(compile("a|b|c").count("abc abc abc"), 9U);
  EXPECT_EQ(compile("").count("ab"), 3U);
  EXPECT_EQ(compile("a*").count("baaac"), 3U);  // before b, aaa, at the end; not between aaa and c
  EXPECT_EQ(compile("x").count(""), 0U);
  EXPECT_EQ(compile("^a").count("aaa"), 1U);
}

TEST(Regex, ReplacesAsGoDoes) {
  EXPECT_EQ(replaced("(p)", "BLIp", "t"), "BLIt");
  EXPECT_EQ(replaced("(p)", "BLIp", "${1}", true), "BLI${1}");
  EXPECT_EQ(replaced("a(x*)b", "-ab-axxb-", "${1}W"), "-W-xxW-");
  EXPECT_EQ(replaced("a(x*)b", "-ab-axxb-", "$1W"), "---");  // a group named 1W, which is none
  EXPECT_EQ(replaced("(?P<n>\\d+)", "a1b22", "<$n>$$"), "a<1>$b<22>$");
  EXPECT_EQ(replaced("a*", "baaac", "x"), "xbxcx");
  EXPECT_EQ(replaced("", "ö", "-"), "-ö-");
  EXPECT_EQ(replaced("a", "aa", "${"), "${${");
}

TEST(Regex, StopsGrowing) {
  bool truncated = false;
  compile("a").replace_all(std::string(1000, 'a'), std::string(1000, 'b'), true, 5000, truncated);
  EXPECT_TRUE(truncated);
}

TEST(Regex, ErrorsAreGos) {
  EXPECT_EQ(base::message_of(Regex::compile("[a").status()), "error parsing regexp: missing closing ]: `[a`");
  EXPECT_FALSE(Regex::compile("(?=a)").ok());
}

}  // namespace
}  // namespace cordwood::pipeline
