// Lines against patterns such as `<ip> - <_> <status>`.
#pragma once

#include <string_view>
#include <vector>

#include "logql/pattern.h"

namespace cordwood::pipeline {

// The `pattern` parser. Appends the values of the named captures in order, and stops early where the line ends before
// the pattern does: a leading literal must be at the start, else there is nothing; when a later literal is missing its
// capture takes the rest. Views point into `line`.
void match_pattern(const logql::Pattern& pattern, std::string_view line, std::vector<std::string_view>& values);

// The `|>` filter: literals in order with something between them, nothing behind a trailing literal and something in a
// trailing capture. The empty pattern matches the empty line only.
bool pattern_matches_line(const logql::Pattern& pattern, std::string_view line);

}  // namespace cordwood::pipeline
