// Patterns with captures: `<ip> - <_> <status>` of the `pattern` parser and of the `|>` line filter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cordwood::logql {

// A literal, or a capture (`<name>`; the name is "_" for the anonymous one). Two literals never follow each other.
struct PatternNode {
  enum class Kind { kLiteral, kCapture };
  Kind kind = Kind::kLiteral;
  std::string text;  // the literal, or the capture's name

  bool is_capture() const { return kind == Kind::kCapture; }
  bool is_named() const { return is_capture() && text != "_"; }
  bool operator==(const PatternNode&) const = default;
};
using Pattern = std::vector<PatternNode>;

// Splits the text into nodes; `<foo`, `<>` and `<1x>` are literals. Never fails.
Pattern split_pattern(std::string_view text);

// For the `pattern` parser: at least one named capture, none twice, no two captures side by side.
base::StatusOr<Pattern> parse_pattern(std::string_view text);

// For `|>` and `!>`: anonymous captures only, no two side by side. "" is the empty pattern: it matches the empty line
// only.
base::StatusOr<Pattern> parse_filter_pattern(std::string_view text);

}  // namespace cordwood::logql
