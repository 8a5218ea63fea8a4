#include "agent/glob.h"

#include <gtest/gtest.h>

namespace cordwood::agent {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  const auto glob = Glob::parse(pattern);
  EXPECT_TRUE(glob.ok()) << glob.status();
  return glob.ok() && glob->matches(path);
}

TEST(Glob, MatchesNames) {
  EXPECT_TRUE(matches("/var/log/syslog", "/var/log/syslog"));
  EXPECT_FALSE(matches("/var/log/syslog", "/var/log/syslog.1"));
  EXPECT_TRUE(matches("/var/log/*.log", "/var/log/app.log"));
  EXPECT_FALSE(matches("/var/log/*.log", "/var/log/sub/app.log"));
  EXPECT_TRUE(matches("/var/log/a?c", "/var/log/abc"));
  EXPECT_TRUE(matches("/l/[a-c]x", "/l/bx"));
  EXPECT_FALSE(matches("/l/[!a-c]x", "/l/bx"));
  EXPECT_TRUE(matches("/l/[]]x", "/l/]x"));
  EXPECT_TRUE(matches("/l/*a*b*c", "/l/xxaxxabxxbcxc"));
  EXPECT_FALSE(matches("/l/*a*b*c", "/l/xxaxxabxxbcxd"));
}

TEST(Glob, DoubleStarCrossesDirectories) {
  EXPECT_TRUE(matches("/var/log/**", "/var/log/a"));
  EXPECT_TRUE(matches("/var/log/**", "/var/log/a/b/c"));
  EXPECT_TRUE(matches("/var/log/**/*.log", "/var/log/x.log"));
  EXPECT_TRUE(matches("/var/log/**/*.log", "/var/log/a/b/x.log"));
  EXPECT_FALSE(matches("/var/log/**/*.log", "/var/lib/x.log"));
  EXPECT_TRUE(matches("/a/**/b/**/c", "/a/x/b/y/z/c"));
}

TEST(Glob, BracesExpand) {
  EXPECT_TRUE(matches("/l/{a,b}.log", "/l/b.log"));
  EXPECT_FALSE(matches("/l/{a,b}.log", "/l/c.log"));
  EXPECT_TRUE(matches("/{x,y/{1,2}}/f", "/y/2/f"));
  EXPECT_TRUE(matches("/l/{,a}b", "/l/b"));
}

TEST(Glob, BadPatternsAreRefused) {
  EXPECT_FALSE(Glob::parse("").ok());
  EXPECT_FALSE(Glob::parse("/a/[b").ok());
  EXPECT_FALSE(Glob::parse("/a/{b").ok());
  EXPECT_FALSE(Glob::parse("/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}").ok());
}

TEST(Glob, TellsWhereToWalk) {
  const auto glob = Glob::parse("/var/{log,lib/x}/*/app-*/*.log");
  ASSERT_TRUE(glob.ok());
  EXPECT_EQ(glob->roots(), (std::vector<std::string>{"/var/lib/x", "/var/log"}));
  EXPECT_TRUE(glob->may_match_below("/var/log"));
  EXPECT_TRUE(glob->may_match_below("/var/log/a/app-1"));
  EXPECT_FALSE(glob->may_match_below("/var/log/a/other"));
  EXPECT_FALSE(glob->may_match_below("/var/log/a/app-1/deeper"));
  EXPECT_TRUE(Glob::parse("/a/**/x")->may_match_below("/a/b/c/d"));
  EXPECT_EQ(Glob::parse("x.log")->roots(), std::vector<std::string>{"."});
}

}  // namespace
}  // namespace cordwood::agent
