#include "pipeline/text/regex.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/json_writer.h"
#include "core/go_strings.h"

namespace cordwood::pipeline {
namespace {

using core::decode_rune;

// A text with U+FFFD for each invalid byte, and the original offset of each of its bytes (and of its end).
struct Repaired {
  std::string text;
  std::vector<std::size_t> origin;
};

Repaired repair(std::string_view text) {
  Repaired out;
  out.text.reserve(text.size() + 16);
  for (std::size_t at = 0; at < text.size();) {
    const core::Rune rune = decode_rune(text.substr(at));
    const std::size_t before = out.text.size();
    if (rune.valid) {
      out.text.append(text.substr(at, rune.bytes));
    } else {
      out.text.append("\xEF\xBF\xBD");
    }
    for (std::size_t i = before; i < out.text.size(); ++i) out.origin.push_back(rune.valid ? at + (i - before) : at);
    at += rune.bytes;
  }
  out.origin.push_back(text.size());
  return out;
}

bool needs_repair(std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return !ascii && !base::is_valid_utf8(text);
}

// Go also reads (?<name>...), which this RE2 does not know yet.
std::string with_perl_names(std::string_view pattern) {
  std::string out;
  out.reserve(pattern.size() + 8);
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      out.push_back(c);
      out.push_back(pattern[++i]);
      continue;
    }
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    if (!in_class && pattern.substr(i, 3) == "(?<" && i + 3 < pattern.size() && pattern[i + 3] != '=' &&
        pattern[i + 3] != '!') {
      out.append("(?P<");
      i += 2;
      continue;
    }
    out.push_back(c);
  }
  return out;
}

std::string_view go_error_name(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "invalid regexp";
  }
}

}  // namespace

Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

base::StatusOr<Regex> Regex::compile(std::string_view pattern, Options options) {
  re2::RE2::Options re2_options;
  re2_options.set_log_errors(false);
  re2_options.set_dot_nl(options.dot_matches_newline);
  Regex out;
  out.pattern_ = std::string(pattern);
  const std::string text = with_perl_names(pattern);
  out.regex_ = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), re2_options);
  if (!out.regex_->ok()) {
    const re2::RE2::ErrorCode code = out.regex_->error_code();
    // For a group that is not closed Go quotes the whole expression.
    const std::string& argument = code == re2::RE2::ErrorMissingParen || code == re2::RE2::ErrorUnexpectedParen
                                      ? out.pattern_
                                      : out.regex_->error_arg();
    return base::invalid_argument_error("error parsing regexp: {}: `{}`", go_error_name(code), argument);
  }
  out.anchored_ = options.anchored;
  out.names_.assign(static_cast<std::size_t>(out.regex_->NumberOfCapturingGroups()) + 1, "");
  for (const auto& [index, name] : out.regex_->CapturingGroupNames())
    out.names_[static_cast<std::size_t>(index)] = name;
  return out;
}

bool Regex::matches(std::string_view text) const {
  const auto anchor = anchored_ ? re2::RE2::ANCHOR_BOTH : re2::RE2::UNANCHORED;
  if (needs_repair(text)) [[unlikely]] {
    const std::string repaired = repair(text).text;
    return regex_->Match(repaired, 0, repaired.size(), anchor, nullptr, 0);
  }
  return regex_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), anchor, nullptr, 0);
}

bool Regex::find(std::string_view text, std::size_t position, std::vector<Span>& spans) const {
  Repaired repaired;
  std::string_view subject = text;
  if (needs_repair(text)) [[unlikely]] {
    repaired = repair(text);
    subject = repaired.text;
    position = static_cast<std::size_t>(std::lower_bound(repaired.origin.begin(), repaired.origin.end(), position) -
                                        repaired.origin.begin());
  }
  std::vector<re2::StringPiece> pieces(names_.size());
  const auto anchor = anchored_ ? re2::RE2::ANCHOR_BOTH : re2::RE2::UNANCHORED;
  if (!regex_->Match(re2::StringPiece(subject.data(), subject.size()), position, subject.size(), anchor, pieces.data(),
                     static_cast<int>(pieces.size()))) {
    return false;
  }
  spans.assign(pieces.size(), Span{});
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].data() == nullptr) continue;
    const auto begin = static_cast<std::size_t>(pieces[i].data() - subject.data());
    const std::size_t end = begin + pieces[i].size();
    spans[i] = repaired.origin.empty() ? Span{begin, end} : Span{repaired.origin[begin], repaired.origin[end]};
  }
  return true;
}

std::size_t Regex::count(std::string_view text) const {
  std::vector<Span> spans;
  std::size_t found = 0;
  std::size_t previous_end = std::string_view::npos;
  for (std::size_t position = 0; position <= text.size() && find(text, position, spans);) {
    const auto [begin, end] = spans[0];
    bool accept = true;
    if (end == position) {
      // An empty match right after a match does not count.
      accept = begin != previous_end;
      position += position < text.size() ? decode_rune(text.substr(position)).bytes : 1;
    } else {
      position = end;
    }
    previous_end = end;
    if (accept) ++found;
  }
  return found;
}

void Regex::expand(std::string& out, std::string_view replacement, std::string_view text,
                   const std::vector<Span>& spans) const {
  while (!replacement.empty()) {
    const std::size_t dollar = replacement.find('$');
    out.append(replacement.substr(0, dollar));
    if (dollar == std::string_view::npos) return;
    replacement.remove_prefix(dollar + 1);
    if (!replacement.empty() && replacement[0] == '$') {
      out.push_back('$');
      replacement.remove_prefix(1);
      continue;
    }
    const bool braces = !replacement.empty() && replacement[0] == '{';
    std::size_t length = braces ? 1 : 0;
    const std::size_t name_begin = length;
    while (length < replacement.size()) {
      const core::Rune rune = decode_rune(replacement.substr(length));
      const bool word = (rune.code < 0x80 && std::isalnum(static_cast<int>(rune.code)) != 0) || rune.code == '_';
      if (!word) break;
      length += rune.bytes;
    }
    const std::string_view name = replacement.substr(name_begin, length - name_begin);
    const bool closed = !braces || (length < replacement.size() && replacement[length] == '}');
    if (name.empty() || !closed) {
      out.push_back('$');  // malformed: kept as it is
      continue;
    }
    replacement.remove_prefix(length + (braces ? 1 : 0));
    std::size_t index = names_.size();
    if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }) && name.size() < 9) {
      index = static_cast<std::size_t>(std::stoul(std::string(name)));
    } else {
      index = static_cast<std::size_t>(std::find(names_.begin() + 1, names_.end(), name) - names_.begin());
    }
    if (index < spans.size()) out.append(spans[index].of(text));
  }
}

std::string Regex::replace_all(std::string_view text, std::string_view replacement, bool literal, std::size_t bytes_max,
                               bool& truncated) const {
  std::string out;
  std::vector<Span> spans;
  std::size_t copied = 0;
  truncated = false;
  for (std::size_t position = 0; position <= text.size() && find(text, position, spans);) {
    const auto [begin, end] = spans[0];
    out.append(text.substr(copied, begin - copied));
    // No replacement for an empty match directly after a match.
    if (end > copied || begin == 0) {
      if (literal) {
        out.append(replacement);
      } else {
        expand(out, replacement, text, spans);
      }
    }
    if (out.size() > bytes_max) {
      truncated = true;
      return out;
    }
    copied = end;
    const std::size_t width = position < text.size() ? decode_rune(text.substr(position)).bytes : 0;
    if (position + width > end) {
      position += width;
    } else if (position + 1 > end) {
      ++position;
    } else {
      position = end;
    }
  }
  out.append(text.substr(copied));
  return out;
}

}  // namespace cordwood::pipeline
