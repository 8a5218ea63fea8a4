#include "logql/regex.h"

#include <re2/re2.h>

namespace cordwood::logql {
namespace {

// RE2's error codes in Go's words (regexp/syntax.ErrorCode).
std::string_view go_error(re2::RE2::ErrorCode code, std::string_view re2_text) {
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
      return re2_text;
  }
}

// Copies a pattern and writes Go's newer `(?<name>` as `(?P<name>`; escapes and character classes stay as they are.
std::string with_re2_names(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    out += c;
    if (c == '\\' && i + 1 < pattern.size()) {
      out += pattern[++i];
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      // A bracket first in its class is a member of it.
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') out += pattern[++i];
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') out += pattern[++i];
    } else if (pattern.substr(i).starts_with("(?<")) {
      out += "?P";
      ++i;
    }
  }
  return out;
}

}  // namespace

std::string regex_text(std::string_view pattern, RegexUse use) {
  std::string text = pattern.find("(?<") == std::string_view::npos ? std::string(pattern) : with_re2_names(pattern);
  switch (use) {
    case RegexUse::kLine:
      return text;
    case RegexUse::kMatcher:
      return "^(?s:" + text + ")$";
    case RegexUse::kReplace:
      return "^(?:" + text + ")$";
  }
  return text;
}

base::StatusOr<std::shared_ptr<const re2::RE2>> compile_regex(std::string_view pattern, RegexUse use) {
  const std::string text = regex_text(pattern, use);
  auto regex = std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), re2::RE2::Quiet);
  if (regex->ok()) return regex;
  return base::invalid_argument_error("error parsing regexp: {}: `{}`", go_error(regex->error_code(), regex->error()),
                                      regex->error_arg());
}

}  // namespace cordwood::logql
