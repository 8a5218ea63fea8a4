// Literals that every match of a regular expression contains, so that most lines need no regex engine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::exec {

struct RegexLiterals {
  // Every match contains at least one of them.
  std::vector<std::string> any_of;
  // In any case of ASCII letters. They then hold no k and no s, which also match U+212A and U+017F.
  bool fold_case = false;
  // A text that contains one of them is a match: the regex says nothing else.
  bool exact = false;
};

// For valid RE2 without a dot-newline flag. Looks at alternatives on the top level, and in each at the longest run of
// plain characters outside of groups; nullopt when one has none worth looking for. Flags other than a leading (?i)
// are not understood.
std::optional<RegexLiterals> literals_of_regex(std::string_view regex);

}  // namespace cordwood::exec
