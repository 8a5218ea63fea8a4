#include "pipeline/gotemplate/json_value.h"

#include <charconv>
#include <utility>

#include "core/go_strings.h"

namespace cordwood::pipeline::gotemplate {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  bool read_document(Value& value) { return read(value, 0) && (skip_space(), at_ == text_.size()); }

 private:
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    skip_space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool read(Value& value, int depth) {
    if (depth > kJsonDepthMax) return false;
    skip_space();
    switch (peek()) {
      case '{':
        return read_object(value, depth);
      case '[':
        return read_list(value, depth);
      case '"': {
        std::string text;
        if (!read_string(text)) return false;
        value = std::move(text);
        return true;
      }
      case 't':
        value = true;
        return take_word("true");
      case 'f':
        value = false;
        return take_word("false");
      case 'n':
        value = Nil{};
        return take_word("null");
      default:
        return read_number(value);
    }
  }

  bool read_object(Value& value, int depth) {
    ++at_;
    auto object = std::make_shared<Object>();
    if (!take('}')) {
      do {
        skip_space();
        std::string name;
        if (peek() != '"' || !read_string(name) || !take(':')) return false;
        Value member;
        if (!read(member, depth + 1)) return false;
        (*object)[std::move(name)] = std::move(member);
      } while (take(','));
      if (!take('}')) return false;
    }
    value = std::shared_ptr<const Object>(std::move(object));
    return true;
  }

  bool read_list(Value& value, int depth) {
    ++at_;
    auto list = std::make_shared<List>();
    if (!take(']')) {
      do {
        Value element;
        if (!read(element, depth + 1)) return false;
        list->push_back(std::move(element));
      } while (take(','));
      if (!take(']')) return false;
    }
    value = std::shared_ptr<const List>(std::move(list));
    return true;
  }

  bool read_digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ > begin;
  }

  bool read_number(Value& value) {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!read_digits()) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!read_digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!read_digits()) return false;
    }
    double number = 0;
    const auto result = std::from_chars(text_.data() + begin, text_.data() + at_, number);
    if (result.ec == std::errc::result_out_of_range && number > 1) return false;
    value = number;
    return true;
  }

  bool read_hex4(char32_t& code) {
    if (at_ + 4 > text_.size()) return false;
    std::uint32_t value = 0;
    const auto result = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, value, 16);
    if (result.ptr != text_.data() + at_ + 4) return false;
    at_ += 4;
    code = value;
    return true;
  }

  bool read_escape(std::string& out) {
    const char c = peek();
    ++at_;
    const std::size_t simple = std::string_view("\"\\/bfnrt").find(c);
    if (simple != std::string_view::npos) {
      out.push_back("\"\\/\b\f\n\r\t"[simple]);
      return true;
    }
    char32_t code = 0;
    if (c != 'u' || !read_hex4(code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      const std::size_t mark = at_;
      at_ += 2;
      char32_t low = 0;
      if (!read_hex4(low)) return false;
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = mark;
      }
    }
    core::append_rune(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    return true;
  }

  bool read_string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') {
        ++at_;
        if (!read_escape(out)) return false;
        continue;
      }
      const core::Rune rune = core::decode_rune(text_.substr(at_));
      core::append_rune(out, rune.code);
      at_ += rune.bytes;
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Value parse_json_value(std::string_view text) {
  Value value;
  if (!JsonReader(text).read_document(value)) return Nil{};
  return value;
}

}  // namespace cordwood::pipeline::gotemplate
