// Tokens of Go's text/template.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cordwood::pipeline::gotemplate {

enum class TokenKind : std::uint8_t {
  kText,
  kLeftDelim,
  kRightDelim,
  kSpace,
  kPipe,
  kComma,
  kDeclare,  // :=
  kAssign,   // =
  kLeftParen,
  kRightParen,
  kDot,
  kField,     // .name
  kVariable,  // $name
  kIdentifier,
  kKeyword,
  kBool,
  kNil,
  kNumber,
  kCharConstant,
  kString,
  kRawString,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // of the template
  std::size_t position = 0;
  int line = 1;
};

// The whole template as tokens, kEnd last. The tokens point into `text`. Errors carry Go's text without the
// "template: name:line: " in front; `error_line` is set then.
base::StatusOr<std::vector<Token>> lex(std::string_view text, int& error_line);

}  // namespace cordwood::pipeline::gotemplate
