// Tokens of LogQL. The order of the kinds is the order in which Loki lists what it expected in an error.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "logql/ast.h"

namespace cordwood::logql {

enum class TokenKind : std::uint8_t {
  kEnd,
  kError,  // the lexer failed; Lexer::error() has the text
  kBytes,
  kIdentifier,
  kString,
  kNumber,
  kFlag,
  kDuration,
  kRange,
  kEq,
  kRe,
  kNre,
  kNotPattern,
  kOpenBrace,
  kCloseBrace,
  kOpenBracket,
  kCloseBracket,
  kComma,
  kDot,
  kPipeMatch,
  kPipeExact,
  kPipePattern,
  kOpenParenthesis,
  kCloseParenthesis,
  kBy,
  kWithout,
  kCountOverTime,
  kRate,
  kRateCounter,
  kSum,
  kSort,
  kSortDesc,
  kAvg,
  kMax,
  kMin,
  kCount,
  kStddev,
  kStdvar,
  kBottomk,
  kTopk,
  kApproxTopk,
  kBytesOverTime,
  kBytesRate,
  kBool,
  kJson,
  kRegexp,
  kLogfmt,
  kPipe,
  kLineFormat,
  kLabelFormat,
  kUnwrap,
  kAvgOverTime,
  kSumOverTime,
  kMinOverTime,
  kMaxOverTime,
  kStdvarOverTime,
  kStddevOverTime,
  kQuantileOverTime,
  kBytesConversion,
  kDurationConversion,
  kDurationSecondsConversion,
  kFirstOverTime,
  kLastOverTime,
  kAbsentOverTime,
  kVector,
  kLabelReplace,
  kUnpack,
  kOffset,
  kPattern,
  kIp,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kDecolorize,
  kDrop,
  kKeep,
  kOr,
  kAnd,
  kUnless,
  kCmpEq,
  kNeq,
  kLt,
  kLte,
  kGt,
  kGte,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
};

// Where a client is told an error is: characters, from 1. `line` is 0 for tokens after which Loki's scanner has lost
// its line (operators of two characters, ranges, durations, byte sizes, flags); clients see that 0, so it is kept.
struct TextPosition {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  TextOffset at = 0;
  TextPosition position;
  std::string text;                      // identifiers, numbers and flags as written; strings unquoted
  std::chrono::nanoseconds duration{0};  // kDuration, kRange
  std::uint64_t bytes = 0;               // kBytes
};

// Loki's name of the kind in its lexer ("OPEN_BRACE", "PIPE_EXACT").
std::string_view token_name(TokenKind kind);
// How error messages call it ("{", "|=", "IDENTIFIER", "$end").
std::string_view token_text(TokenKind kind);

// The kind of a reserved word or operator ("by", "|=", "json"), any case; kError when it is neither.
TokenKind find_keyword(std::string_view text);
// The kind of a name that is one only in front of a parenthesis ("rate", "sum", "ip"), any case; kError when it is
// none.
TokenKind find_function(std::string_view text);

}  // namespace cordwood::logql
