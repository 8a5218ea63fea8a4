#include "logql/json_path.h"

#include <charconv>
#include <optional>

#include "core/go_strings.h"

namespace cordwood::logql {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_field_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

enum class Kind { kEnd, kDot, kOpen, kClose, kString, kField, kIndex, kBad };
constexpr std::string_view kNames[] = {"$end", "DOT", "LSB", "RSB", "STRING", "FIELD", "INDEX", "error"};

struct PathToken {
  Kind kind = Kind::kEnd;
  std::string text;
  std::uint64_t index = 0;
};

class PathParser {
 public:
  explicit PathParser(std::string_view text) : text_(text) { advance(); }

  base::StatusOr<JsonPath> parse() {
    JsonPath path;
    if (token_.kind == Kind::kField) {
      path.emplace_back(take_text());
    } else if (token_.kind == Kind::kOpen) {
      RETURN_IF_ERROR(parse_bracket(path));
    } else {
      return unexpected(", expecting LSB or FIELD");
    }
    while (token_.kind != Kind::kEnd) {
      if (token_.kind == Kind::kOpen) {
        RETURN_IF_ERROR(parse_bracket(path));
      } else if (token_.kind == Kind::kDot) {
        advance();
        if (token_.kind != Kind::kField) return unexpected(", expecting FIELD");
        path.emplace_back(take_text());
      } else {
        return unexpected("");
      }
    }
    return path;
  }

 private:
  base::Status parse_bracket(JsonPath& path) {
    advance();
    if (token_.kind == Kind::kString) {
      path.emplace_back(take_text());
    } else if (token_.kind == Kind::kIndex) {
      path.emplace_back(token_.index);
      advance();
    } else {
      return unexpected(", expecting STRING or INDEX");
    }
    if (token_.kind != Kind::kClose) return unexpected(", expecting RSB");
    advance();
    return base::ok_status();
  }

  std::string take_text() {
    std::string text = std::move(token_.text);
    advance();
    return text;
  }

  base::Status unexpected(std::string_view expected) const {
    if (token_.kind == Kind::kBad) return base::invalid_argument_error("{}", token_.text);
    return base::invalid_argument_error("syntax error: unexpected {}{}", kNames[static_cast<int>(token_.kind)],
                                        expected);
  }

  void advance() {
    token_ = {};
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ >= text_.size()) return;
    const char c = text_[at_];
    if (c == '"') {
      // An unclosed string reaches to the end; the missing bracket is what is reported, as in Loki.
      const std::size_t close = std::min(text_.find('"', at_ + 1), text_.size());
      token_ = {Kind::kString, std::string(text_.substr(at_ + 1, close - at_ - 1))};
      at_ = std::min(close + 1, text_.size());
    } else if (is_digit(c)) {
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), token_.index);
      at_ = static_cast<std::size_t>(end - text_.data());
      token_.kind = Kind::kIndex;
      if (error != std::errc()) token_ = {Kind::kBad, "index out of range"};
    } else if (is_field_start(c)) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && (is_field_start(text_[at_]) || is_digit(text_[at_]))) ++at_;
      token_ = {Kind::kField, std::string(text_.substr(begin, at_ - begin))};
    } else if (const std::size_t symbol = std::string_view(".[]").find(c); symbol != std::string_view::npos) {
      ++at_;
      token_.kind = static_cast<Kind>(static_cast<int>(Kind::kDot) + static_cast<int>(symbol));
    } else {
      token_ = {Kind::kBad, "unexpected char "};
      core::append_rune(token_.text, core::decode_rune(text_.substr(at_)).code);
      at_ = text_.size();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  PathToken token_;
};

}  // namespace

base::StatusOr<JsonPath> parse_json_path(std::string_view text) {
  return PathParser(text).parse();
}

base::StatusOr<std::string> parse_logfmt_key(std::string_view text) {
  const auto is_key = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '=' && c != '"'; };
  std::size_t begin = 0;
  while (begin < text.size() && is_blank(text[begin])) ++begin;
  std::size_t end = begin;
  while (end < text.size() && is_key(text[end])) ++end;
  std::size_t next = end;
  while (next < text.size() && is_blank(text[next])) ++next;
  if (next < text.size() && !is_key(text[next])) {
    return base::invalid_argument_error("unexpected char {}", text[next]);
  }
  if (begin == end) return base::invalid_argument_error("syntax error: unexpected $end, expecting KEY");
  if (next < text.size()) return base::invalid_argument_error("syntax error: unexpected KEY");
  return std::string(text.substr(begin, end - begin));
}

}  // namespace cordwood::logql
