#include "pipeline/gotemplate/lexer.h"

#include <algorithm>
#include <array>

#include "core/go_strings.h"
#include "core/labels.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline::gotemplate {
namespace {

constexpr std::string_view kLeft = "{{";
constexpr std::string_view kRight = "}}";
constexpr std::array<std::string_view, 9> kKeywords = {"block", "break", "continue", "define",  "else",
                                                       "end",   "if",    "range",    "template"};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  base::Status run() {
    while (at_ < text_.size()) {
      const std::size_t open = text_.find(kLeft, at_);
      if (open == std::string_view::npos) {
        emit_text(at_, text_.size());
        at_ = text_.size();
        break;
      }
      const bool trims = trims_before(open + kLeft.size());
      std::size_t end = open;
      if (trims) {
        while (end > at_ && is_space(text_[end - 1])) --end;
      }
      emit_text(at_, end);
      advance_lines(end, open);
      at_ = open;
      RETURN_IF_ERROR(action(trims));
    }
    emit(TokenKind::kEnd, text_.size(), text_.size());
    return base::ok_status();
  }

  std::vector<Token> take() { return std::move(tokens_); }
  int line() const { return line_; }

 private:
  template <typename... Args>
  base::Status error(fmt::format_string<Args...> format, Args&&... args) {
    return base::invalid_argument_error(format, std::forward<Args>(args)...);
  }

  // `{{- ` : a trim marker is a minus followed by white space.
  bool trims_before(std::size_t inside) const {
    return inside + 1 < text_.size() && text_[inside] == '-' && is_space(text_[inside + 1]);
  }
  // ` -}}`: the length of the closing delimiter at `at`, trim marker and its white space included; 0 when there is
  // none.
  std::size_t right_delimiter(std::size_t at, bool& trims) const {
    trims = at + 1 < text_.size() && is_space(text_[at]) && text_[at + 1] == '-' &&
            text_.substr(at + 2).starts_with(kRight);
    if (trims) return 2 + kRight.size();
    return text_.substr(at).starts_with(kRight) ? kRight.size() : 0;
  }

  void advance_lines(std::size_t begin, std::size_t end) {
    line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                                         text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
  }
  void emit(TokenKind kind, std::size_t begin, std::size_t end) {
    tokens_.push_back({kind, text_.substr(begin, end - begin), begin, line_});
    advance_lines(begin, end);
  }
  void emit_text(std::size_t begin, std::size_t end) {
    if (end > begin) emit(TokenKind::kText, begin, end);
  }
  void skip_space_after() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    advance_lines(begin, at_);
  }

  base::Status action(bool trims) {
    const std::size_t inside = at_ + kLeft.size() + (trims ? 2 : 0);
    const std::string_view after = text_.substr(std::min(inside, text_.size()));
    if (after.starts_with("/*")) return comment(inside);
    emit(TokenKind::kLeftDelim, at_, at_ + kLeft.size());
    at_ += kLeft.size() + (trims ? 1 : 0);
    if (trims) skip_space_after();
    parens_ = 0;
    return inside_action();
  }

  base::Status comment(std::size_t inside) {
    const std::size_t close = text_.find("*/", inside);
    if (close == std::string_view::npos) return error("unclosed comment");
    bool trims = false;
    const std::size_t delimiter = right_delimiter(close + 2, trims);
    if (delimiter == 0) return error("comment ends before closing delimiter");
    advance_lines(at_, close + 2 + delimiter);
    at_ = close + 2 + delimiter;
    if (trims) skip_space_after();
    return base::ok_status();
  }

  base::Status inside_action() {
    while (true) {
      bool trims = false;
      if (const std::size_t delimiter = right_delimiter(at_, trims); delimiter != 0) {
        if (parens_ != 0) return error("unclosed left paren");
        if (trims) ++at_;  // the white space before the minus
        const std::size_t begin = at_ + (trims ? 1 : 0);
        emit(TokenKind::kRightDelim, begin, begin + kRight.size());
        at_ = begin + kRight.size();
        if (trims) skip_space_after();
        return base::ok_status();
      }
      if (at_ >= text_.size()) return error("unclosed action");
      RETURN_IF_ERROR(token());
    }
  }

  base::Status token() {
    const std::size_t begin = at_;
    const char c = text_[at_];
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (is_space(c)) {
      while (at_ < text_.size() && is_space(text_[at_]) && !ends_with_trim(at_)) ++at_;
      if (at_ == begin) ++at_;
      emit(TokenKind::kSpace, begin, at_);
      return base::ok_status();
    }
    switch (c) {
      case '=':
        return single(TokenKind::kAssign);
      case ':':
        if (next != '=') return error("expected :=");
        at_ += 2;
        emit(TokenKind::kDeclare, begin, at_);
        return base::ok_status();
      case '|':
        return single(TokenKind::kPipe);
      case ',':
        return single(TokenKind::kComma);
      case '(':
        ++parens_;
        return single(TokenKind::kLeftParen);
      case ')':
        if (--parens_ < 0) return error("unexpected right paren");
        return single(TokenKind::kRightParen);
      case '"':
        return quoted('"', TokenKind::kString, "unterminated quoted string");
      case '\'':
        return quoted('\'', TokenKind::kCharConstant, "unterminated character constant");
      case '`':
        return raw_string();
      case '$':
        return variable_or_field(TokenKind::kVariable);
      case '.':
        if (next >= '0' && next <= '9') return number();
        if (at_terminator(at_ + 1)) return single(TokenKind::kDot);
        return variable_or_field(TokenKind::kField);
      default:
        break;
    }
    if (c == '+' || c == '-' || (c >= '0' && c <= '9')) return number();
    if (is_word(core::decode_rune(text_.substr(at_)).code)) return identifier();
    return error("unrecognized character in action: {}", describe(at_));
  }

  std::string describe(std::size_t at) const {
    const core::Rune rune = core::decode_rune(text_.substr(at));
    return fmt::format("U+{:04X} '{}'", static_cast<unsigned>(rune.code), text_.substr(at, rune.bytes));
  }

  base::Status single(TokenKind kind) {
    emit(kind, at_, at_ + 1);
    ++at_;
    return base::ok_status();
  }

  static bool is_word(char32_t rune) { return rune == '_' || is_letter_rune(rune) || is_digit_rune(rune); }

  std::size_t word_end(std::size_t at) const {
    while (at < text_.size()) {
      const core::Rune rune = core::decode_rune(text_.substr(at));
      if (!is_word(rune.code)) break;
      at += rune.bytes;
    }
    return at;
  }

  // Whether white space at `at` is the one before a closing `-}}`.
  bool ends_with_trim(std::size_t at) const {
    bool trims = false;
    return right_delimiter(at, trims) != 0 && trims;
  }

  bool at_terminator(std::size_t at) const {
    if (at >= text_.size() || is_space(text_[at])) return true;
    if (std::string_view(".,|:)(=").find(text_[at]) != std::string_view::npos) return true;
    return text_.substr(at).starts_with(kRight);
  }

  base::Status quoted(char quote, TokenKind kind, std::string_view unterminated) {
    const std::size_t begin = at_;
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
        if (at_ >= text_.size() || text_[at_] == '\n') break;
        continue;
      }
      if (text_[at_] != quote) continue;
      ++at_;
      emit(kind, begin, at_);
      return base::ok_status();
    }
    return error("{}", unterminated);
  }

  base::Status raw_string() {
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) return error("unterminated raw quoted string");
    emit(TokenKind::kRawString, at_, end + 1);
    at_ = end + 1;
    return base::ok_status();
  }

  base::Status variable_or_field(TokenKind kind) {
    const std::size_t begin = at_;
    at_ = word_end(at_ + 1);
    if (!at_terminator(at_)) return error("bad character {}", describe(at_));
    emit(kind, begin, at_);
    return base::ok_status();
  }

  base::Status identifier() {
    const std::size_t begin = at_;
    at_ = word_end(at_);
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (!at_terminator(at_)) return error("bad character {}", describe(at_));
    TokenKind kind = TokenKind::kIdentifier;
    if (word == "true" || word == "false") kind = TokenKind::kBool;
    if (word == "nil") kind = TokenKind::kNil;
    if (word == "with" || std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end()) {
      kind = TokenKind::kKeyword;
    }
    emit(kind, begin, at_);
    return base::ok_status();
  }

  // Only the shape is found here; the value is judged by the parser.
  base::Status number() {
    const std::size_t begin = at_;
    if (text_[at_] == '+' || text_[at_] == '-') ++at_;
    std::string_view digits = "0123456789_";
    bool hex = false;
    if (at_ + 1 < text_.size() && text_[at_] == '0') {
      switch (text_[at_ + 1]) {
        case 'x':
        case 'X':
          digits = "0123456789abcdefABCDEF_";
          hex = true;
          at_ += 2;
          break;
        case 'o':
        case 'O':
          digits = "01234567_";
          at_ += 2;
          break;
        case 'b':
        case 'B':
          digits = "01_";
          at_ += 2;
          break;
        default:
          break;
      }
    }
    const auto run = [&](std::string_view allowed) {
      while (at_ < text_.size() && allowed.find(text_[at_]) != std::string_view::npos) ++at_;
    };
    run(digits);
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      run(digits);
    }
    if (at_ < text_.size() && std::string_view(hex ? "pP" : "eE").find(text_[at_]) != std::string_view::npos) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      run("0123456789_");
    }
    if (at_ < text_.size() && is_word(core::decode_rune(text_.substr(at_)).code)) {
      ++at_;
      std::string quoted_text;
      core::append_go_quoted(quoted_text, text_.substr(begin, at_ - begin));
      return error("bad number syntax: {}", quoted_text);
    }
    emit(TokenKind::kNumber, begin, at_);
    return base::ok_status();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int parens_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

base::StatusOr<std::vector<Token>> lex(std::string_view text, int& error_line) {
  Lexer lexer(text);
  const base::Status status = lexer.run();
  error_line = lexer.line();
  if (!status.ok()) return status;
  return lexer.take();
}

}  // namespace cordwood::pipeline::gotemplate
