#include "core/go_strings.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "core/labels.h"

namespace cordwood::core {
namespace {

std::string go_quoted(std::string_view text) {
  std::string out;
  append_go_quoted(out, text);
  return out;
}

TEST(GoStringsTest, ReadsEscapes) {
  const auto value = parse_go_string("\"a\\n\\x41\\u00e4\\U0001F600\\101\\\"\\\\\" rest");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->value,
            "a\nA\xC3\xA4\xF0\x9F\x98\x80"
            "A\"\\");
  EXPECT_EQ(value->bytes, std::string_view("\"a\\n\\x41\\u00e4\\U0001F600\\101\\\"\\\\\"").size());
}

TEST(GoStringsTest, RejectsMalformedLiterals) {
  for (const std::string_view bad :
       {"", "a", "\"", "\"a", "\"a\nb\"", "\"\\", "\"\\q\"", "\"\\x4\"", "\"\\xg0\"", "\"\\u12\"", "\"\\ud800\"",
        "\"\\U00110000\"", "\"\\400\"", "\"\\8\"", "`a", "'a'", "\"\\'\""}) {
    EXPECT_FALSE(parse_go_string(bad).has_value()) << bad;
  }
}

TEST(GoStringsTest, QuotesAsGoDoes) {
  EXPECT_EQ(go_quoted("a\"\\\n\t\x01\x7f"), "\"a\\\"\\\\\\n\\t\\x01\\x7f\"");
  EXPECT_EQ(go_quoted("\xff\xC3"), "\"\\xff\\xc3\"");
  EXPECT_EQ(go_quoted("\xC3\xA4 \xE2\x80\xA8 \xEF\xBB\xBF"), "\"\xC3\xA4 \\u2028 \\ufeff\"");
}

// Whatever bytes come in, the quoted form gives them back.
TEST(GoStringsTest, QuotedTextReadsBack) {
  base::SeededRandom random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    const auto size = (random.next() % 24);
    for (std::uint64_t i = 0; i < size; ++i) {
      if ((random.next() % 3) == 0) {
        append_rune(text, static_cast<char32_t>((random.next() % 0x110000)));
      } else {
        text += static_cast<char>((random.next() % 256));
      }
    }
    const std::string literal = go_quoted(text);
    const auto back = parse_go_string(literal);
    ASSERT_TRUE(back.has_value()) << literal;
    ASSERT_EQ(back->value, text) << literal;
    ASSERT_EQ(back->bytes, literal.size());
  }
}

TEST(GoStringsTest, RunesAreStrictUtf8) {
  EXPECT_EQ(decode_rune("\xE2\x82\xAC").code, 0x20ACU);
  for (const std::string_view bad :
       {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    const Rune rune = decode_rune(bad);
    EXPECT_FALSE(rune.valid);
    EXPECT_EQ(rune.bytes, 1U);
    EXPECT_EQ(rune.code, 0xFFFDU);
  }
}

}  // namespace
}  // namespace cordwood::core
