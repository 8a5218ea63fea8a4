#include "logql/pattern.h"

#include <cctype>

#include "base/hash_map.h"

namespace cordwood::logql {
namespace {

// Bytes of the `<name>` at the start of `text`, 0 when there is none.
std::size_t capture_bytes(std::string_view text) {
  if (text.size() < 3 || text[0] != '<' || std::isdigit(static_cast<unsigned char>(text[1]))) return 0;
  std::size_t at = 1;
  while (at < text.size() && (text[at] == '_' || std::isalnum(static_cast<unsigned char>(text[at])))) ++at;
  return at > 1 && at < text.size() && text[at] == '>' ? at + 1 : 0;
}

base::Status check_not_adjacent(const Pattern& pattern) {
  for (std::size_t i = 1; i < pattern.size(); ++i) {
    if (pattern[i - 1].is_capture() && pattern[i].is_capture()) {
      return base::invalid_argument_error("found consecutive capture '<{}><{}>': invalid expression",
                                          pattern[i - 1].text, pattern[i].text);
    }
  }
  return base::ok_status();
}

}  // namespace

Pattern split_pattern(std::string_view text) {
  Pattern pattern;
  while (!text.empty()) {
    if (const std::size_t bytes = capture_bytes(text); bytes > 0) {
      pattern.push_back({PatternNode::Kind::kCapture, std::string(text.substr(1, bytes - 2))});
      text.remove_prefix(bytes);
      continue;
    }
    if (pattern.empty() || pattern.back().is_capture()) pattern.push_back({});
    pattern.back().text += text[0];
    text.remove_prefix(1);
  }
  return pattern;
}

base::StatusOr<Pattern> parse_pattern(std::string_view text) {
  if (text.empty()) {
    return base::invalid_argument_error(
        "parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL");
  }
  Pattern pattern = split_pattern(text);
  bool named = false;
  for (const PatternNode& node : pattern) named = named || node.is_named();
  if (!named) return base::invalid_argument_error("at least one capture is required");
  RETURN_IF_ERROR(check_not_adjacent(pattern));
  base::StringSet names;
  for (const PatternNode& node : pattern) {
    if (node.is_named() && !names.insert(node.text).second) {
      return base::invalid_argument_error("duplicate capture name ({}): invalid expression", node.text);
    }
  }
  return pattern;
}

base::StatusOr<Pattern> parse_filter_pattern(std::string_view text) {
  Pattern pattern = split_pattern(text);
  RETURN_IF_ERROR(check_not_adjacent(pattern));
  for (const PatternNode& node : pattern) {
    if (node.is_named()) {
      return base::invalid_argument_error("named captures are not allowed: found '<{}>'", node.text);
    }
  }
  return pattern;
}

}  // namespace cordwood::logql
