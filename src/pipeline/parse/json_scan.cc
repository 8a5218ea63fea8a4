#include "pipeline/parse/json_scan.h"

#include "core/go_strings.h"
#include "pipeline/text/escapes.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_json_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::size_t next_token(std::string_view text, std::size_t at) {
  while (at < text.size() && is_json_space(text[at])) ++at;
  return at < text.size() ? at : npos;
}

// The offset behind the closing quote of a string whose opening quote is before `at`; npos when there is none.
std::size_t string_end(std::string_view text, std::size_t at, bool& escaped) {
  escaped = false;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') return at + 1;
    if (c == '\\') {
      escaped = true;
      at += 2;
    } else {
      ++at;
    }
  }
  return npos;
}

// The offset behind the bracket that closes the one at `at`. Only this kind of bracket is counted, as in Loki.
std::size_t block_end(std::string_view text, std::size_t at, char open, char close) {
  std::size_t level = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      bool escaped = false;
      at = string_end(text, at + 1, escaped);
      if (at == npos) return npos;
      continue;
    }
    if (c == open) ++level;
    if (c == close && --level == 0) return at + 1;
    ++at;
  }
  return npos;
}

std::size_t token_end(std::string_view text, std::size_t at) {
  while (at < text.size() && !is_json_space(text[at]) && text[at] != ',' && text[at] != '}' && text[at] != ']') ++at;
  return at;
}

JsonError classify_word(std::string_view word, JsonType& type) {
  const char c = word.empty() ? '\0' : word[0];
  if (word == "true" || word == "false") {
    type = JsonType::kBoolean;
  } else if (word == "null") {
    type = JsonType::kNull;
  } else if ((c >= '0' && c <= '9') || c == '-') {
    type = JsonType::kNumber;
  } else {
    return JsonError::kUnknownType;
  }
  return JsonError::kNone;
}

// Appends the escape at the start of `text`; its length, or 0 when it is malformed.
std::size_t append_escape(std::string_view text, std::string& out) {
  if (text.size() < 2) return 0;
  switch (text[1]) {
    case '"':
    case '\\':
    case '/':
      out.push_back(text[1]);
      return 2;
    case 'b':
      out.push_back('\b');
      return 2;
    case 'f':
      out.push_back('\f');
      return 2;
    case 'n':
      out.push_back('\n');
      return 2;
    case 'r':
      out.push_back('\r');
      return 2;
    case 't':
      out.push_back('\t');
      return 2;
    default:
      break;
  }
  const std::optional<char32_t> high = unicode_escape(text);
  if (!high.has_value()) return 0;
  if (*high < 0xD800 || *high > 0xDFFF) {
    core::append_rune(out, *high);
    return 6;
  }
  const std::optional<char32_t> low = unicode_escape(text.substr(6));
  if (!low.has_value() || *low < 0xDC00) return 0;
  core::append_rune(out, 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00));
  return 12;
}

}  // namespace

std::string_view json_error_text(JsonError error) {
  switch (error) {
    case JsonError::kNone:
      return "";
    case JsonError::kMalformed:
      return "Malformed JSON error";
    case JsonError::kMalformedString:
      return "Value is string, but can't find closing '\"' symbol";
    case JsonError::kMalformedArray:
      return "Value is array, but can't find closing ']' symbol";
    case JsonError::kMalformedObject:
      return "Value looks like object, but can't find closing '}' symbol";
    case JsonError::kMalformedValue:
      return "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol";
    case JsonError::kUnknownType:
      return "Unknown value type";
    case JsonError::kMalformedEscape:
      return "Encountered an invalid escape sequence in a string";
  }
  return "";
}

JsonError scan_json_value(std::string_view text, JsonValue& value) {
  const std::size_t begin = next_token(text, 0);
  if (begin == npos) return JsonError::kMalformed;
  const char c = text[begin];
  if (c == '"') {
    bool escaped = false;
    const std::size_t end = string_end(text, begin + 1, escaped);
    if (end == npos) return JsonError::kMalformedString;
    value = {JsonType::kString, text.substr(begin + 1, end - begin - 2), end};
    return JsonError::kNone;
  }
  if (c == '{' || c == '[') {
    const bool object = c == '{';
    const std::size_t end = block_end(text, begin, c, object ? '}' : ']');
    if (end == npos) return object ? JsonError::kMalformedObject : JsonError::kMalformedArray;
    value = {object ? JsonType::kObject : JsonType::kArray, text.substr(begin, end - begin), end};
    return JsonError::kNone;
  }
  const std::size_t end = token_end(text, begin);
  value.text = text.substr(begin, end - begin);
  value.end = end;
  return classify_word(value.text, value.type);
}

bool JsonObjectScanner::fail(JsonError error) {
  error_ = error;
  done_ = true;
  return false;
}

bool JsonObjectScanner::skip_space() {
  at_ = next_token(text_, at_);
  return at_ != npos;
}

bool JsonObjectScanner::open() {
  opened_ = true;
  if (!skip_space() || text_[at_] != '{') return fail(JsonError::kMalformedObject);
  ++at_;
  if (!skip_space()) return fail(JsonError::kMalformed);
  return true;
}

bool JsonObjectScanner::next(std::string_view& key, JsonValue& value) {
  if (done_) return false;
  if (!opened_) {
    if (!open()) return false;
  } else {
    // Behind a value: a comma and perhaps another member, or the end.
    if (!skip_space()) return fail(JsonError::kMalformedArray);
    if (text_[at_] == ',') {
      ++at_;
      if (!skip_space()) return fail(JsonError::kMalformedArray);
    } else if (text_[at_] != '}') {
      return fail(JsonError::kMalformedObject);
    }
  }
  if (text_[at_] == '}') {
    done_ = true;
    return false;
  }
  if (text_[at_] != '"') return fail(JsonError::kMalformedObject);
  bool escaped = false;
  const std::size_t key_begin = at_ + 1;
  at_ = string_end(text_, key_begin, escaped);
  if (at_ == npos) return fail(JsonError::kMalformed);
  key = text_.substr(key_begin, at_ - key_begin - 1);
  if (escaped) {
    const std::optional<std::string_view> plain = unescape_json(key, key_buffer_);
    if (!plain.has_value()) return fail(JsonError::kMalformedEscape);
    key = *plain;
  }
  if (!skip_space() || text_[at_] != ':') return fail(JsonError::kMalformed);
  ++at_;
  const JsonError error = scan_json_value(text_.substr(at_), value);
  if (error != JsonError::kNone) return fail(error);
  at_ += value.end;
  return true;
}

bool JsonArrayScanner::next(JsonValue& value) {
  if (done_) return false;
  at_ = next_token(text_, at_);
  const char expected = opened_ ? ',' : '[';
  if (at_ == npos || text_[at_] != expected) {
    done_ = true;
    return false;
  }
  ++at_;
  const std::size_t token = next_token(text_, at_);
  const bool empty = !opened_ && token != npos && text_[token] == ']';
  opened_ = true;
  if (empty || scan_json_value(text_.substr(at_), value) != JsonError::kNone) {
    done_ = true;
    return false;
  }
  at_ += value.end;
  return true;
}

std::optional<std::string_view> unescape_json(std::string_view escaped, std::string& out) {
  std::size_t backslash = escaped.find('\\');
  if (backslash == npos) return escaped;
  out.clear();
  while (backslash != npos) {
    out.append(escaped.substr(0, backslash));
    escaped.remove_prefix(backslash);
    const std::size_t length = append_escape(escaped, out);
    if (length == 0) return std::nullopt;
    escaped.remove_prefix(length);
    backslash = escaped.find('\\');
  }
  out.append(escaped);
  return out;
}

std::string_view json_label_value(std::string_view escaped, std::string& out) {
  const std::optional<std::string_view> plain = unescape_json(escaped, out);
  if (!plain.has_value()) return {};
  if (!has_replacement_rune(*plain)) return *plain;
  std::string clean;
  append_without_replacement_runes(clean, *plain);
  out = std::move(clean);
  return out;
}

}  // namespace cordwood::pipeline
