// Text of LogQL to tokens, one at a time, so that a parse error in front of a lexical one is the one reported.
#pragma once

#include <string>
#include <string_view>

#include "logql/token.h"

namespace cordwood::logql {

class Lexer {
 public:
  // `text` must outlive the lexer. It need not be valid UTF-8: that is an error like others.
  explicit Lexer(std::string_view text);

  // The next token; kEnd at the end and ever after. After an error every token is kError.
  Token next();

  // Of the first error; empty when there was none.
  const std::string& error() const { return error_; }
  TextPosition error_position() const { return error_position_; }

 private:
  struct Number;

  void skip_blanks();
  bool skip_line_comment(char first);
  void skip_block_comment();
  // Moves over one rune and keeps line and column; reports invalid UTF-8 and NUL.
  void advance();
  void advance_bytes(std::size_t end);
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool at_end() const { return at_ >= text_.size(); }
  std::string_view rest() const { return text_.substr(at_); }

  void scan(Token& token);
  void scan_word(Token& token);
  void scan_string(Token& token);
  void scan_number(Token& token);
  void scan_range(Token& token);
  void scan_operator(Token& token);
  bool try_duration(Token& token, std::size_t begin);
  bool try_bytes(Token& token, std::size_t begin);
  bool try_flag(Token& token);
  // Whether what follows makes a function's name a call: `(`, or `by (`, or `without (`.
  bool call_follows() const;
  void fail(std::string_view message, TextPosition position);

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
  TextPosition token_position_;  // of the token that is being scanned, or of the last one
  bool in_token_ = false;
  bool blank_before_ = true;  // since the last token
  std::string error_;
  TextPosition error_position_;
};

}  // namespace cordwood::logql
