#include "pipeline/text/runes.h"

#include <gtest/gtest.h>

#include "pipeline/text/decolorize.h"
#include "pipeline/text/go_number.h"
#include "pipeline/text/label_name.h"

namespace cordwood::pipeline {
namespace {

TEST(Runes, CaseMapping) {
  EXPECT_EQ(to_lower("ÄÖÜ ΣΑΣ МИК İ"), "äöü σασ мик i");
  EXPECT_EQ(to_upper("äöü straße"), "ÄÖÜ STRAßE");
  EXPECT_EQ(to_lower("a\xff"), "a\xEF\xBF\xBD");
}

TEST(Runes, TrimSpace) {
  EXPECT_EQ(trim_space(" \t x y \n"), "x y");
  EXPECT_EQ(trim_space("\xC2\xA0x\xE3\x80\x80"), "x");
  EXPECT_EQ(trim_space("  "), "");
  EXPECT_EQ(trim_space("x\x80"), "x\x80");
}

TEST(Runes, ReplacementRunesBecomeSpaces) {
  EXPECT_FALSE(has_replacement_rune("täxt"));
  EXPECT_TRUE(has_replacement_rune("t\xff"));
  EXPECT_TRUE(has_replacement_rune("\xEF\xBF\xBD"));
  std::string out;
  append_without_replacement_runes(out, "a\xff\xEF\xBF\xBDö");
  EXPECT_EQ(out, "a  ö");
}

TEST(Runes, ContainsFolded) {
  EXPECT_TRUE(contains_folded("aaaB", "aab"));  // a match may begin inside of a failed one
  EXPECT_TRUE(contains_folded("x ÄrGer", "ärger"));
  EXPECT_FALSE(contains_folded("", "a"));
  EXPECT_TRUE(contains_folded("", ""));
  EXPECT_FALSE(contains_folded("\xC3", "ä"));
}

TEST(LabelName, Sanitize) {
  EXPECT_EQ(sanitize_label_name("foo.bar-baz"), "foo_bar_baz");
  EXPECT_EQ(sanitize_label_name(" 1x "), "_1x");
  EXPECT_EQ(sanitize_label_name("ö"), "_");
  EXPECT_EQ(sanitize_label_name("a\xff"), "a_");
  EXPECT_EQ(sanitize_label_name("  "), "");
}

TEST(Decolorize, RemovesSequences) {
  std::string out;
  EXPECT_TRUE(append_decolorized(out, "\x1b[31mred\x1b[0m and \x1b[1;32mgreen\x1b[K"));
  EXPECT_EQ(out, "red and green");
  out.clear();
  EXPECT_FALSE(append_decolorized(out, "plain"));
  EXPECT_EQ(out, "");
}

TEST(GoNumber, FloatForms) {
  EXPECT_EQ(format_go_float(3e6), "3e+06");
  EXPECT_EQ(format_go_float(300000), "300000");
  EXPECT_EQ(format_go_float(0.0001), "0.0001");
  EXPECT_EQ(format_go_float(0.00001), "1e-05");
  EXPECT_EQ(format_go_float(1.5), "1.5");
  EXPECT_EQ(format_go_float(-0.0), "-0");
  EXPECT_EQ(format_float(3.14159, 'f', 2), "3.14");
  EXPECT_EQ(format_float(1234.5, 'e', 3), "1.234e+03");
  EXPECT_EQ(format_float(1234.5, 'G', 2), "1.2E+03");
}

TEST(GoNumber, Integers) {
  EXPECT_EQ(parse_go_int("0x1F", 0).value(), 31);
  EXPECT_EQ(parse_go_int("-010", 0).value(), -8);
  EXPECT_EQ(parse_go_int("1_000", 0).value(), 1000);
  EXPECT_EQ(parse_go_int("-9223372036854775808", 10).value(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(base::message_of(parse_go_int("9223372036854775808", 10).status()),
            "strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
  for (const char* bad : {"", "-", "1_", "_1", "08", "0x", "1a", "+-1", "1__0"})
    EXPECT_FALSE(parse_go_int(bad, 0).ok()) << bad;
}

}  // namespace
}  // namespace cordwood::pipeline
