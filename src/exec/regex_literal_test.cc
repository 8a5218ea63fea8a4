#include "exec/regex_literal.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/random.h"

namespace cordwood::exec {
namespace {

using ::testing::ElementsAre;

std::string describe(std::string_view regex) {
  const auto literals = literals_of_regex(regex);
  if (!literals.has_value()) return "none";
  std::string text = literals->fold_case ? "i:" : "";
  for (const std::string& one : literals->any_of) text += "<" + one + ">";
  return text + (literals->exact ? " exact" : "");
}

TEST(RegexLiteralTest, FindsWhatEveryMatchContains) {
  EXPECT_EQ(describe("error"), "<error> exact");
  EXPECT_EQ(describe("error|warning"), "<error><warning> exact");
  EXPECT_EQ(describe("(?i)exception"), "i:<exception> exact");
  EXPECT_EQ(describe("(?i)ask me not"), "i:< me not>");
  EXPECT_EQ(describe("Pause Young .* [0-9.]+ms"), "<Pause Young >");
  EXPECT_EQ(describe("code=5.."), "<code=5>");
  EXPECT_EQ(describe("colou?r and more"), "<r and more>");
  EXPECT_EQ(describe("ab+cdef"), "<cdef>");
  EXPECT_EQ(describe("abcd+e"), "<abcd>");
  EXPECT_EQ(describe("abcd{2,3}e"), "<abc>");
  EXPECT_EQ(describe("a{x}bcd"), "<a{x}bcd> exact");
  EXPECT_EQ(describe(R"(10\.0\.0\.1)"), "<10.0.0.1> exact");
  EXPECT_EQ(describe(R"(\d+ bytes\b)"), "< bytes>");
  EXPECT_EQ(describe("(?:a|b)status=[)(]500(x(y)z)?"), "<status=>");
  EXPECT_EQ(describe("[]abc]defg[[:alpha:]]"), "<defg>");
  EXPECT_EQ(describe("^start"), "<start>");
}

TEST(RegexLiteralTest, GivesUpWhereItCannotBeSure) {
  for (const char* regex : {"", ".*", "ab", "error|", "error|.*", "(?s)error", "er(?i)ror", R"(\Qerror|)", R"(\x41bcd)",
                            R"(\p{Greek}abc)", "(error)", "naïve|x", "a*b*c*", "abc)", "+abc"}) {
    EXPECT_EQ(describe(regex), "none") << regex;
  }
}

bool contains(std::string text, std::string literal, bool fold) {
  if (fold) {
    const auto lower = [](unsigned char c) { return static_cast<char>(c < 0x80 ? std::tolower(c) : c); };
    std::transform(text.begin(), text.end(), text.begin(), lower);
    std::transform(literal.begin(), literal.end(), literal.begin(), lower);
  }
  return text.find(literal) != std::string::npos;
}

// Random regexes over a small alphabet, random texts.
TEST(RegexLiteralTest, AgreesWithTheRegexEngine) {
  base::SeededRandom random(17);
  const char* const pieces[] = {"a",   "b",  "k",  "s",   "(a|b)", "(?:ab)", "[ab]",   "[^a]",
                                ".",   "a*", "b+", "a?",  "b{2}",  "|",      "\\.",    "\\w",
                                "\\d", "^",  "$",  "abk", "Ab",    "ſ",      "b{1,}?", "(a(b)c)"};
  const char* const letters[] = {"a", "b", "k", "s", "A", "B", "K", "S", ".", "\u212a", "ſ", "c"};
  int found = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string regex = random.next() % 3 == 0 ? "(?i)" : "";
    for (std::uint64_t i = 1 + random.next() % 7; i > 0; --i) regex += pieces[random.next() % std::size(pieces)];
    const RE2 engine(regex, RE2::Quiet);
    const auto literals = literals_of_regex(regex);
    if (!engine.ok() || !literals.has_value()) continue;
    ++found;
    for (int i = 0; i < 20; ++i) {
      std::string text;
      for (std::uint64_t j = random.next() % 12; j > 0; --j) text += letters[random.next() % std::size(letters)];
      const bool match = RE2::PartialMatch(text, engine);
      const bool any = std::any_of(literals->any_of.begin(), literals->any_of.end(), [&](const std::string& literal) {
        return contains(text, literal, literals->fold_case);
      });
      ASSERT_TRUE(any || !match) << regex << " on " << text;
      ASSERT_TRUE(!literals->exact || match == any) << regex << " on " << text;
    }
  }
  EXPECT_GT(found, 1000);
}

}  // namespace
}  // namespace cordwood::exec
