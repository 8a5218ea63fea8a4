#include "pipeline/parse/pattern_match.h"

namespace cordwood::pipeline {

void match_pattern(const logql::Pattern& pattern, std::string_view line, std::vector<std::string_view>& values) {
  if (line.empty() || pattern.empty()) return;
  std::size_t node = 0;
  if (!pattern[0].is_capture()) {
    if (!line.starts_with(pattern[0].text)) return;
    line.remove_prefix(pattern[0].text.size());
    node = 1;
  }
  // From here on: capture, literal, capture, ...
  for (; node < pattern.size(); node += 2) {
    const logql::PatternNode& capture = pattern[node];
    const bool last = node + 1 == pattern.size();
    const std::size_t literal_at = last ? std::string_view::npos : line.find(pattern[node + 1].text);
    if (capture.is_named()) values.push_back(line.substr(0, literal_at));
    if (literal_at == std::string_view::npos) return;
    line.remove_prefix(literal_at + pattern[node + 1].text.size());
  }
}

bool pattern_matches_line(const logql::Pattern& pattern, std::string_view line) {
  if (line.empty() || pattern.empty()) return line.empty() && pattern.empty();
  for (std::size_t node = 0; node < pattern.size(); ++node) {
    if (pattern[node].is_capture()) continue;
    const std::string_view literal = pattern[node].text;
    const std::size_t at = line.find(literal);
    if (at == std::string_view::npos) return false;
    if (node != 0 && at == 0) return false;  // the capture before would be empty
    line.remove_prefix(at + literal.size());
  }
  return pattern.back().is_capture() == !line.empty();
}

}  // namespace cordwood::pipeline
