#include "pipeline/parse/logfmt_decoder.h"

#include <gtest/gtest.h>

namespace cordwood::pipeline {
namespace {

std::string pairs(std::string_view line) {
  LogfmtDecoder decoder;
  decoder.reset(line);
  std::string out;
  while (!decoder.done()) {
    if (decoder.next()) out += std::string(decoder.key()) + "=" + std::string(decoder.value()) + ";";
  }
  return out + decoder.error();
}

TEST(LogfmtDecoder, Pairs) {
  EXPECT_EQ(pairs("a=1 b=\"x y\"  c d= e=\"\""), "a=1;b=x y;c=;d=;e=;");
  EXPECT_EQ(pairs(R"(a="q\"\\\n\u00e4" b=2)"), "a=q\"\\\nä;b=2;");
  EXPECT_EQ(pairs("a=\"line\nbreak\""), "a=line\nbreak;");
  EXPECT_EQ(pairs(""), "");
  EXPECT_EQ(pairs("  "), "");
}

TEST(LogfmtDecoder, SkipsWhatIsMalformed) {
  EXPECT_EQ(pairs("a==b c=1"), "c=1;logfmt syntax error at pos 3 : unexpected '='");
  EXPECT_EQ(pairs("=x c=1"), "c=1;logfmt syntax error at pos 1 : unexpected '='");
  EXPECT_EQ(pairs("a\"b=1 c=2"), "c=2;logfmt syntax error at pos 2 : unexpected '\"'");
  EXPECT_EQ(pairs("a=x\"y c=2"), "c=2;logfmt syntax error at pos 4 : unexpected '\"'");
  EXPECT_EQ(pairs("k\xff=1 c=2"), "c=2;logfmt syntax error at pos 3 : invalid key");
  EXPECT_EQ(pairs("a=1 b=\"open c=2"), "a=1;logfmt syntax error at pos 16 : unterminated quoted value");
  EXPECT_EQ(pairs("a=\"\\q\" c=2"), "c=2;logfmt syntax error at pos 7 : invalid quoted value");
}

// Never loops without moving, whatever the bytes.
TEST(LogfmtDecoder, AlwaysMoves) {
  const std::string alphabet = "a=\" \\\n\xff";
  std::string line(5, 'a');
  for (std::size_t code = 0; code < 16807; ++code) {
    std::size_t rest = code;
    for (char& c : line) {
      c = alphabet[rest % 7];
      rest /= 7;
    }
    LogfmtDecoder decoder;
    decoder.reset(line);
    int calls = 0;
    while (!decoder.done() && calls < 20) {
      decoder.next();
      ++calls;
    }
    ASSERT_LT(calls, 20) << line;
  }
}

}  // namespace
}  // namespace cordwood::pipeline
