#include "logql/lexer.h"

#include <gtest/gtest.h>

#include <string>

namespace cordwood::logql {
namespace {

std::string tokens_of(std::string_view text) {
  Lexer lexer(text);
  std::string out;
  while (true) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::kEnd) return out;
    if (!out.empty()) out += ' ';
    out += token_name(token.kind);
    if (token.kind == TokenKind::kError) return out + ": " + lexer.error();
  }
}

TEST(LexerTest, FunctionNamesAreNamesUnlessACallFollows) {
  EXPECT_EQ(tokens_of("rate rate( rate  ("), "IDENTIFIER RATE OPEN_PARENTHESIS RATE OPEN_PARENTHESIS");
  EXPECT_EQ(tokens_of("SUM By(x)"), "SUM BY OPEN_PARENTHESIS IDENTIFIER CLOSE_PARENTHESIS");
  EXPECT_EQ(tokens_of("sum without (x)"), "SUM WITHOUT OPEN_PARENTHESIS IDENTIFIER CLOSE_PARENTHESIS");
  EXPECT_EQ(tokens_of("sum bytes (x)"), "IDENTIFIER BYTES_CONV OPEN_PARENTHESIS IDENTIFIER CLOSE_PARENTHESIS");
  EXPECT_EQ(tokens_of("ip=ip("), "IDENTIFIER EQ IP OPEN_PARENTHESIS");
}

TEST(LexerTest, NumbersDurationsAndSizes) {
  EXPECT_EQ(tokens_of("5 5m 5MB 5.5KiB 1h0.5m 1µs .5 1e3 -5m -5 0B 0x1p3"),
            "NUMBER DURATION BYTES BYTES DURATION DURATION NUMBER NUMBER DURATION SUB NUMBER BYTES NUMBER");
  EXPECT_EQ(tokens_of("5mb"), "DURATION IDENTIFIER");
  EXPECT_EQ(tokens_of("1-0"), "NUMBER SUB NUMBER");
  EXPECT_EQ(tokens_of("5m5"), "NUMBER IDENTIFIER");
}

TEST(LexerTest, BadNumbers) {
  EXPECT_EQ(tokens_of("1e"), "error: exponent has no digits") << "the message is Go's";
  EXPECT_EQ(tokens_of("08"), "error: invalid digit '8' in octal literal");
  EXPECT_EQ(tokens_of("0x"), "error: hexadecimal literal has no digits");
  EXPECT_EQ(tokens_of("0x1.5"), "error: hexadecimal mantissa requires a 'p' exponent");
}

TEST(LexerTest, ValuesAndOffsets) {
  Lexer lexer("{a=\"x\\ty\"}[1h30m]`raw\\n`");
  lexer.next();
  const Token name = lexer.next();
  EXPECT_EQ(name.text, "a");
  EXPECT_EQ(name.at, 1U);
  lexer.next();
  EXPECT_EQ(lexer.next().text, "x\ty");
  lexer.next();
  const Token range = lexer.next();
  EXPECT_EQ(range.kind, TokenKind::kRange);
  EXPECT_EQ(range.duration, std::chrono::minutes(90));
  EXPECT_EQ(lexer.next().text, "raw\\n");
}

TEST(LexerTest, ColumnsCountCharactersAndSomeTokensLoseTheirLine) {
  Lexer lexer("\n \"äö\" foo |= x");
  EXPECT_EQ(lexer.next().position.column, 2U);
  const Token foo = lexer.next();
  EXPECT_EQ(foo.position.line, 2U);
  EXPECT_EQ(foo.position.column, 7U);
  const Token filter = lexer.next();
  EXPECT_EQ(filter.position.line, 0U);
  EXPECT_EQ(filter.position.column, 11U);
}

TEST(LexerTest, CommentsEndWithTheirLine) {
  EXPECT_EQ(tokens_of("# all\n{ # more\n} // rest"), "OPEN_BRACE CLOSE_BRACE");
  EXPECT_EQ(tokens_of("{ /* x */ }"), "OPEN_BRACE CLOSE_BRACE");
  EXPECT_EQ(tokens_of("{ /* x"), "OPEN_BRACE error: comment not terminated");
  EXPECT_EQ(tokens_of("\"#\""), "STRING");
}

TEST(LexerTest, BrokenTextIsAnErrorAndStaysOne) {
  EXPECT_EQ(tokens_of("\"abc"), "error: literal not terminated");
  EXPECT_EQ(tokens_of("\"a\nb\""), "error: literal not terminated");
  EXPECT_EQ(tokens_of("\"\\q\""), "error: invalid char escape");
  EXPECT_EQ(tokens_of("`abc"), "error: literal not terminated");
  EXPECT_EQ(tokens_of("\"a\xff\""), "error: invalid UTF-8 encoding");
  EXPECT_EQ(tokens_of(std::string_view("a\0b", 3)), "IDENTIFIER error: invalid character NUL");
  EXPECT_EQ(tokens_of("[5"), "error: missing closing ']' in duration");
  EXPECT_EQ(tokens_of("[5 m]"), "error: unknown unit \" m\" in duration \"5 m\"");
  EXPECT_EQ(tokens_of("a $"), "IDENTIFIER error: unexpected character '$'");
  Lexer lexer("$ a");
  EXPECT_EQ(lexer.next().kind, TokenKind::kError);
  EXPECT_EQ(lexer.next().kind, TokenKind::kError);
}

TEST(LexerTest, FlagsAreTwoWordsOnly) {
  EXPECT_EQ(tokens_of("--strict --keep-empty"), "FUNCTION_FLAG FUNCTION_FLAG");
  EXPECT_EQ(tokens_of("--stric"), "SUB SUB IDENTIFIER");
}

}  // namespace
}  // namespace cordwood::logql
