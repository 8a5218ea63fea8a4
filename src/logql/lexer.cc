#include "logql/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "core/go_strings.h"
#include "logql/units.h"

namespace cordwood::logql {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_ascii_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Unicode's letters, near enough: everything beyond ASCII except the blocks of punctuation, symbols and private use.
// Names in those scripts are legal in Loki's selectors although no client sends them.
bool is_letter(char32_t code) {
  if (code < 0x80) return is_ascii_letter(static_cast<char>(code));
  if (code < 0xC0) return code == 0xAA || code == 0xB5 || code == 0xBA;
  if (code == 0xD7 || code == 0xF7 || code == 0xFFFD) return false;
  if ((code >= 0x2000 && code < 0x2070) || (code >= 0x20A0 && code < 0x2C00) || (code >= 0x3000 && code < 0x3021)) {
    return false;
  }
  return !(code >= 0xD800 && code < 0xF900) && !(code >= 0xFE00 && code < 0xFF21) && code < 0x1F000;
}

// Bytes of the identifier at the start of `text`, 0 when there is none.
std::size_t identifier_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const core::Rune rune = core::decode_rune(text.substr(at));
    const bool digit = rune.code < 0x80 && is_digit(static_cast<char>(rune.code));
    if (!(rune.code == '_' || is_letter(rune.code) || (digit && at > 0))) break;
    at += rune.bytes;
  }
  return at;
}

bool starts_with_word(std::string_view text, std::string_view lower_word) {
  return text.size() >= lower_word.size() &&
         std::equal(lower_word.begin(), lower_word.end(), text.begin(),
                    [](char w, char c) { return w == std::tolower(static_cast<unsigned char>(c)); });
}

}  // namespace

Lexer::Lexer(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

void Lexer::fail(std::string_view message, TextPosition position) {
  if (!error_.empty()) return;
  error_ = message;
  error_position_ = position;
}

void Lexer::advance() {
  const core::Rune rune = core::decode_rune(rest());
  if (!rune.valid || rune.code == 0) {
    // Loki's scanner reads one rune ahead, so a bad one right behind a token is blamed on that token.
    const TextPosition blamed = in_token_ || !blank_before_ ? token_position_ : TextPosition{0, token_position_.column};
    fail(rune.valid ? "invalid character NUL" : "invalid UTF-8 encoding", blamed);
  }
  at_ += rune.bytes;
  if (rune.code == '\n') {
    ++line_;
    column_ = 1;
  } else {
    ++column_;
  }
}

void Lexer::advance_bytes(std::size_t end) {
  while (at_ < end) advance();
}

bool Lexer::skip_line_comment(char first) {
  if (peek() != first) return false;
  while (!at_end() && peek() != '\n') advance();
  return true;
}

void Lexer::skip_block_comment() {
  const TextPosition begin{line_, column_};
  const std::size_t close = text_.find("*/", at_ + 2);
  advance_bytes(close == std::string_view::npos ? text_.size() : close + 2);
  if (close == std::string_view::npos) fail("comment not terminated", begin);
}

void Lexer::skip_blanks() {
  blank_before_ = blank_before_ || at_ == 0;
  while (!at_end()) {
    if (is_blank(peek())) {
      blank_before_ = true;
      advance();
    } else if (peek() == '/' && peek(1) == '*') {
      skip_block_comment();
    } else if (!(skip_line_comment('#') || (peek() == '/' && peek(1) == '/' && skip_line_comment('/')))) {
      return;
    }
  }
}

Token Lexer::next() {
  Token token;
  skip_blanks();
  token.at = static_cast<TextOffset>(at_);
  token.position = {line_, column_};
  if (at_end()) {
    token.kind = TokenKind::kEnd;
  } else if (const core::Rune rune = core::decode_rune(rest()); !rune.valid || rune.code == 0) {
    advance();  // reports it
  } else {
    token_position_ = token.position;
    in_token_ = true;
    scan(token);
    in_token_ = false;
    blank_before_ = false;
    token_position_ = token.position;
  }
  if (!error_.empty()) token.kind = TokenKind::kError;
  return token;
}

void Lexer::scan(Token& token) {
  const char c = peek();
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return scan_number(token);
  if (c == '"' || c == '`') return scan_string(token);
  if (c == '[') return scan_range(token);
  if (c == '-' && ((peek(1) == '-' && try_flag(token)) || try_duration(token, at_))) {
    token.position.line = 0;
    return;
  }
  if (identifier_bytes(rest()) > 0) return scan_word(token);
  scan_operator(token);
}

void Lexer::scan_word(Token& token) {
  const std::size_t bytes = identifier_bytes(rest());
  token.text = rest().substr(0, bytes);
  advance_bytes(at_ + bytes);
  token.kind = TokenKind::kIdentifier;
  if (const TokenKind function = find_function(token.text); function != TokenKind::kError) {
    if (call_follows()) token.kind = function;
    return;
  }
  if (const TokenKind keyword = find_keyword(token.text); keyword != TokenKind::kError) token.kind = keyword;
}

bool Lexer::call_follows() const {
  std::string_view text = rest();
  const auto trim = [&] {
    while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
  };
  trim();
  for (const std::string_view word : {std::string_view("by"), std::string_view("without")}) {
    if (starts_with_word(text, word)) {
      text.remove_prefix(word.size());
      trim();
      break;
    }
  }
  return text.starts_with('(');
}

void Lexer::scan_string(Token& token) {
  token.kind = TokenKind::kString;
  const char quote = peek();
  const std::size_t begin = at_;
  advance();
  while (!at_end() && peek() != quote && (quote == '`' || peek() != '\n')) {
    if (quote == '"' && peek() == '\\') advance();
    if (!at_end()) advance();
  }
  if (at_end() || peek() != quote) return fail("literal not terminated", token_position_);
  advance();
  const std::string_view literal = text_.substr(begin, at_ - begin);
  if (quote == '`') {
    token.text = literal.substr(1, literal.size() - 2);
    return;
  }
  std::optional<core::GoString> value = core::parse_go_string(literal);
  if (!value.has_value()) return fail("invalid char escape", token_position_);
  token.text = std::move(value->value);
}

void Lexer::scan_range(Token& token) {
  token.kind = TokenKind::kRange;
  token.position.line = 0;
  token_position_.line = 0;
  advance();
  const std::size_t begin = at_;
  while (!at_end() && peek() != ']') advance();
  if (at_end()) return fail("missing closing ']' in duration", token_position_);
  const base::StatusOr<nanoseconds> range = parse_prometheus_duration(text_.substr(begin, at_ - begin));
  advance();
  if (!range.ok()) return fail(base::message_of(range.status()), token_position_);
  token.duration = *range;
}

void Lexer::scan_operator(Token& token) {
  if (const TokenKind two = find_keyword(rest().substr(0, 2)); two != TokenKind::kError && rest().size() > 1) {
    token.kind = two;
    token.position.line = 0;
    advance_bytes(at_ + 2);
    return;
  }
  token.kind = find_keyword(rest().substr(0, 1));
  if (token.kind != TokenKind::kError) return advance();
  std::string shown;
  core::append_rune(shown, core::decode_rune(rest()).code);
  fail(fmt::format("unexpected character '{}'", shown), token_position_);
}

bool Lexer::try_flag(Token& token) {
  std::size_t end = at_;
  while (end < text_.size() && (text_[end] == '-' || is_ascii_letter(text_[end]))) ++end;
  const std::string_view flag = text_.substr(at_, end - at_);
  if (flag != "--strict" && flag != "--keep-empty") return false;
  token.kind = TokenKind::kFlag;
  token.text = flag;
  advance_bytes(end);
  return true;
}

// From `begin` (a sign or a number that at_ may already be behind) over all characters that a duration can have.
bool Lexer::try_duration(Token& token, std::size_t begin) {
  std::size_t end = at_ == begin ? at_ + 1 : at_;
  const std::size_t units = end;
  constexpr std::string_view kMicro = "\xC2\xB5";
  while (end < text_.size()) {
    if (is_digit(text_[end]) || std::string_view("numshdwy.").find(text_[end]) != std::string_view::npos) {
      ++end;
    } else if (text_.substr(end).starts_with(kMicro)) {
      end += kMicro.size();
    } else {
      break;
    }
  }
  // A number without a unit is a number, `-0` too.
  const std::string_view text = text_.substr(begin, end - begin);
  if (end == units || is_digit(text.back())) return false;
  const base::StatusOr<nanoseconds> value = parse_duration(text);
  if (!value.ok()) return false;
  token.kind = TokenKind::kDuration;
  token.duration = *value;
  advance_bytes(end);
  return true;
}

bool Lexer::try_bytes(Token& token, std::size_t begin) {
  std::size_t end = at_;
  // No E, Z and Y: those sizes do not fit 64 bits, or could be read as an exponent.
  while (end < text_.size() &&
         (is_digit(text_[end]) || std::string_view("BikKMGTP.").find(text_[end]) != std::string_view::npos)) {
    ++end;
  }
  if (end == at_) return false;
  const base::StatusOr<std::uint64_t> value = parse_bytes(text_.substr(begin, end - begin));
  if (!value.ok()) return false;
  token.kind = TokenKind::kBytes;
  token.bytes = *value;
  advance_bytes(end);
  return true;
}

// The parts of Go's number literals, as far as errors need them.
struct Lexer::Number {
  int base = 10;
  char prefix = 0;  // 'x', 'o', 'b', '0' (octal by a leading zero), or none
  bool digits = false;
  bool is_float = false;
  char wrong_digit = 0;

  std::string_view name() const {
    switch (prefix) {
      case 'x':
        return "hexadecimal literal";
      case 'o':
      case '0':
        return "octal literal";
      case 'b':
        return "binary literal";
      default:
        return "decimal literal";
    }
  }
  void read(std::string_view text, std::size_t& at, int digit_base, bool check) {
    for (; at < text.size(); ++at) {
      const char c = text[at];
      const bool digit = digit_base == 16 ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : is_digit(c);
      if (!digit && c != '_') return;
      digits = digits || digit;
      if (check && digit && digit_base < 10 && c >= '0' + digit_base && wrong_digit == 0) wrong_digit = c;
    }
  }
};

void Lexer::scan_number(Token& token) {
  const std::size_t begin = at_;
  std::size_t at = at_;
  Number number;
  const auto lower = [&](std::size_t i) {
    return i < text_.size() ? static_cast<char>(std::tolower(static_cast<unsigned char>(text_[i]))) : '\0';
  };
  if (text_[at] == '0') {
    const char prefix = lower(at + 1);
    // `0B` is zero bytes unless binary digits follow.
    const bool binary = prefix == 'b' && (lower(at + 2) == '0' || lower(at + 2) == '1' || lower(at + 2) == '_');
    if (prefix == 'x' || prefix == 'o' || binary) {
      number.prefix = prefix;
      number.base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : 2;
      at += 2;
    } else {
      number.prefix = '0';
      number.base = 8;
    }
  }
  number.read(text_, at, number.base, true);
  if (at < text_.size() && text_[at] == '.') {
    number.is_float = true;
    ++at;
    if (number.prefix == 'o' || number.prefix == 'b') {
      fail(fmt::format("invalid radix point in {}", number.name()), token_position_);
    }
    number.read(text_, at, number.base, true);
  }
  if (!number.digits) fail(fmt::format("{} has no digits", number.name()), token_position_);
  const char exponent = lower(at);
  if (exponent == 'p' && number.prefix != 'x' && at < text_.size() && text_[at] == 'P') {
    // `5PB` is a size; Go's scanner never sees it as an exponent because Loki's own looks for sizes first.
  } else if (exponent == 'e' || exponent == 'p') {
    number.is_float = true;
    if (exponent == 'e' && number.prefix != 0 && number.prefix != '0') {
      fail(fmt::format("'{}' exponent requires decimal mantissa", text_[at]), token_position_);
    } else if (exponent == 'p' && number.prefix != 'x') {
      fail(fmt::format("'{}' exponent requires hexadecimal mantissa", text_[at]), token_position_);
    }
    ++at;
    if (at < text_.size() && (text_[at] == '+' || text_[at] == '-')) ++at;
    number.digits = false;
    number.read(text_, at, 10, false);
    if (!number.digits) fail("exponent has no digits", token_position_);
  } else if (number.prefix == 'x' && number.is_float) {
    fail("hexadecimal mantissa requires a 'p' exponent", token_position_);
  }
  if (!number.is_float && number.wrong_digit != 0) {
    fail(fmt::format("invalid digit '{}' in {}", number.wrong_digit, number.name()), token_position_);
  }
  token.kind = TokenKind::kNumber;
  token.text = text_.substr(begin, at - begin);
  advance_bytes(at);
  if (try_duration(token, begin) || try_bytes(token, begin)) token.position.line = 0;
}

}  // namespace cordwood::logql
