#include "logql/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "logql/regex.h"

namespace cordwood::logql {
namespace {

base::Status error_at(TextPosition position, std::string_view message) {
  if (position.line == 0 && position.column == 0) return base::invalid_argument_error("parse error : {}", message);
  return base::invalid_argument_error("parse error at line {}, col {}: {}", position.line, position.column, message);
}

}  // namespace

base::Status meaning_error(std::string_view message) {
  return error_at({}, message);
}

Parser::Parser(std::string_view text) : lexer_(text), token_(lexer_.next()) {}

base::Status Parser::Nested::check() const {
  return parser_.nesting_ <= kMaxNesting ? base::ok_status() : parser_.too_deep(kMaxNesting);
}

bool Parser::accept(TokenKind kind) {
  if (!is(kind)) return false;
  take();
  return true;
}

Token Parser::take() {
  Token taken = std::move(token_);
  token_ = lexer_.next();
  return taken;
}

base::Status Parser::expect(TokenKind kind) {
  if (!is(kind)) return unexpected({kind});
  take();
  return base::ok_status();
}

base::StatusOr<std::string> Parser::expect_text(TokenKind kind) {
  if (!is(kind)) return unexpected({kind});
  return take().text;
}

base::Status Parser::unexpected(std::initializer_list<TokenKind> expected) const {
  if (is(TokenKind::kError)) return error_at(lexer_.error_position(), lexer_.error());
  std::string message = fmt::format("syntax error: unexpected {}", token_text(token_.kind));
  if (expected.size() <= 4) {
    std::vector<TokenKind> kinds(expected);
    std::sort(kinds.begin(), kinds.end());
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      message += i == 0 ? ", expecting " : " or ";
      message += token_text(kinds[i]);
    }
  }
  return error_at(token_.position, message);
}

base::Status Parser::too_deep(int limit) const {
  return error_at(token_.position, fmt::format("expression is nested too deeply (limit {} levels)", limit));
}

base::StatusOr<std::vector<Stage>> Parser::stages() {
  std::vector<Stage> stages;
  RETURN_IF_ERROR(parse_stages(stages, nullptr));
  if (!is(TokenKind::kEnd)) return unexpected();
  return stages;
}

base::StatusOr<std::vector<Matcher>> Parser::parse_selector() {
  RETURN_IF_ERROR(expect(TokenKind::kOpenBrace));
  std::vector<Matcher> matchers;
  if (accept(TokenKind::kCloseBrace)) return matchers;
  if (!is(TokenKind::kIdentifier)) return unexpected({TokenKind::kIdentifier, TokenKind::kCloseBrace});
  do {
    ASSIGN_OR_RETURN(Matcher matcher, parse_matcher());
    matchers.push_back(std::move(matcher));
  } while (accept(TokenKind::kComma));
  if (!accept(TokenKind::kCloseBrace)) return unexpected({TokenKind::kCloseBrace, TokenKind::kComma});
  return matchers;
}

base::StatusOr<Matcher> Parser::parse_matcher() {
  if (!is(TokenKind::kIdentifier)) return unexpected({TokenKind::kIdentifier});
  return parse_matcher_tail(take());
}

base::StatusOr<Matcher> Parser::parse_matcher_tail(Token name) {
  Matcher matcher{name.at, std::move(name.text), MatchOp::kEqual, {}};
  switch (token_.kind) {
    case TokenKind::kEq:
      matcher.op = MatchOp::kEqual;
      break;
    case TokenKind::kNeq:
      matcher.op = MatchOp::kNotEqual;
      break;
    case TokenKind::kRe:
      matcher.op = MatchOp::kRegex;
      break;
    case TokenKind::kNre:
      matcher.op = MatchOp::kNotRegex;
      break;
    default:
      return unexpected({TokenKind::kEq, TokenKind::kRe, TokenKind::kNre, TokenKind::kNeq});
  }
  take();
  ASSIGN_OR_RETURN(matcher.value, expect_text(TokenKind::kString));
  if (matcher.op == MatchOp::kRegex || matcher.op == MatchOp::kNotRegex) {
    const auto regex = compile_regex(matcher.value, RegexUse::kMatcher);
    if (!regex.ok()) return meaning_error(base::message_of(regex.status()));
  }
  return matcher;
}

// `(a, b)`, possibly empty.
base::StatusOr<std::vector<std::string>> Parser::parse_label_list() {
  RETURN_IF_ERROR(expect(TokenKind::kOpenParenthesis));
  std::vector<std::string> labels;
  if (accept(TokenKind::kCloseParenthesis)) return labels;
  if (!is(TokenKind::kIdentifier)) return unexpected({TokenKind::kIdentifier, TokenKind::kCloseParenthesis});
  do {
    ASSIGN_OR_RETURN(std::string label, expect_text(TokenKind::kIdentifier));
    labels.push_back(std::move(label));
  } while (accept(TokenKind::kComma));
  if (!accept(TokenKind::kCloseParenthesis)) return unexpected({TokenKind::kComma, TokenKind::kCloseParenthesis});
  return labels;
}

}  // namespace cordwood::logql
