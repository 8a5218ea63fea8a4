#include "pipeline/parse/logfmt_decoder.h"

#include <fmt/format.h>

#include <optional>

#include "core/go_strings.h"
#include "pipeline/text/escapes.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline {
namespace {

bool is_garbage(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

// The rune that a one-letter escape stands for, or 0.
char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
    case '\'':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

// Between the quotes; control characters may stand there unescaped. Half a surrogate pair becomes U+FFFD.
bool unquote(std::string_view text, std::string& out) {
  out.clear();
  while (!text.empty()) {
    if (text[0] != '\\') {
      const std::size_t run = std::min(text.find('\\'), text.size());
      out.append(text.substr(0, run));
      text.remove_prefix(run);
      continue;
    }
    if (text.size() < 2) return false;
    if (const char simple = simple_escape(text[1]); simple != '\0') {
      out.push_back(simple);
      text.remove_prefix(2);
      continue;
    }
    const std::optional<char32_t> code = unicode_escape(text);
    if (!code.has_value()) return false;
    text.remove_prefix(6);
    if (*code < 0xD800 || *code > 0xDFFF) {
      core::append_rune(out, *code);
      continue;
    }
    const std::optional<char32_t> low = unicode_escape(text);
    if (*code < 0xDC00 && low.has_value() && *low >= 0xDC00 && *low <= 0xDFFF) {
      core::append_rune(out, 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00));
      text.remove_prefix(6);
    } else {
      core::append_rune(out, 0xFFFD);
    }
  }
  return true;
}

}  // namespace

bool LogfmtDecoder::fail(std::string_view message) {
  error_ = fmt::format("logfmt syntax error at pos {} : {}", at_ + 1, message);
  skip_value();
  return false;
}

bool LogfmtDecoder::unexpected(char c) {
  return fail(fmt::format("unexpected '{}'", c));
}

void LogfmtDecoder::skip_value() {
  while (at_ < line_.size() && !is_garbage(line_[at_])) ++at_;
}

bool LogfmtDecoder::check_key() {
  if (!has_replacement_rune(key_)) return true;
  return fail("invalid key");
}

bool LogfmtDecoder::next() {
  key_ = {};
  value_ = {};
  while (at_ < line_.size() && is_garbage(line_[at_])) ++at_;
  if (at_ == line_.size()) return false;
  const std::size_t begin = at_;
  for (; at_ < line_.size(); ++at_) {
    const char c = line_[at_];
    if (c == '"') return unexpected(c);
    if (c != '=' && !is_garbage(c)) continue;
    key_ = line_.substr(begin, at_ - begin);
    if (c == '=' && key_.empty()) return unexpected(c);
    if (!check_key()) return false;
    if (c != '=') return true;
    ++at_;
    if (at_ == line_.size() || is_garbage(line_[at_])) return true;
    return line_[at_] == '"' ? scan_quoted_value() : scan_plain_value();
  }
  key_ = line_.substr(begin);
  return check_key();
}

bool LogfmtDecoder::scan_plain_value() {
  const std::size_t begin = at_;
  for (; at_ < line_.size() && !is_garbage(line_[at_]); ++at_) {
    if (line_[at_] == '=' || line_[at_] == '"') return unexpected(line_[at_]);
  }
  value_ = line_.substr(begin, at_ - begin);
  return true;
}

bool LogfmtDecoder::scan_quoted_value() {
  const std::size_t begin = at_ + 1;
  bool escapes = false;
  for (std::size_t i = begin; i < line_.size(); ++i) {
    if (line_[i] == '\\') {
      escapes = true;
      ++i;
      continue;
    }
    if (line_[i] != '"') continue;
    at_ = i + 1;
    value_ = line_.substr(begin, i - begin);
    if (!escapes) return true;
    if (!unquote(value_, unquoted_)) {
      value_ = {};
      return fail("invalid quoted value");
    }
    value_ = unquoted_;
    return true;
  }
  at_ = line_.size();
  return fail("unterminated quoted value");
}

}  // namespace cordwood::pipeline
