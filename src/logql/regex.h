// Regular expressions as LogQL means them: Go's syntax on RE2, in one place so that all folders compile them alike and
// report Go's error texts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace re2 {
class RE2;
}

namespace cordwood::logql {

enum class RegexUse {
  kLine,     // line filters, the regexp parser, templates: anywhere in the text, `.` stops at a newline
  kMatcher,  // selectors, string label filters, drop and keep: the whole value, `.` matches a newline
  kReplace,  // label_replace: the whole value, `.` stops at a newline
};

// Pattern text to hand to RE2 for this use: anchors added, `(?<name>` (Go 1.22) written as `(?P<name>`.
std::string regex_text(std::string_view pattern, RegexUse use);

// Never null when OK. Errors are InvalidArgument with Go's text: error parsing regexp: missing closing ]: `[a`.
base::StatusOr<std::shared_ptr<const re2::RE2>> compile_regex(std::string_view pattern, RegexUse use);

}  // namespace cordwood::logql
