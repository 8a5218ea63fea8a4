// grep's patterns as RE2's: POSIX basic and extended regular expressions with GNU's escapes, and literals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cordwood::client {

enum class PatternSyntax { kBasic, kExtended, kFixed };

struct GrepPatternOptions {
  PatternSyntax syntax = PatternSyntax::kBasic;
  bool ignore_case = false;  // -i
  bool whole_word = false;   // -w
  bool whole_line = false;   // -x
};

// One RE2 pattern that matches where any of `patterns` does. InvalidArgument with the position for what grep rejects
// and for back-references, which RE2 does not have. An empty list matches nothing; an empty pattern matches every line.
base::StatusOr<std::string> translate_grep_patterns(const std::vector<std::string>& patterns,
                                                    const GrepPatternOptions& options);

// The RE2 pattern that matches `whole` text exactly as the shell's glob does (* ? [..] and \), '*' across slashes too.
std::string glob_to_regex(std::string_view glob);

}  // namespace cordwood::client
