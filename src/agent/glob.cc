#include "agent/glob.h"

#include <algorithm>

namespace cordwood::agent {

namespace {

constexpr std::size_t kAlternativesMax = 64;

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  while (true) {
    const std::size_t slash = path.find('/', begin);
    out.push_back(path.substr(begin, slash - begin));
    if (slash == std::string_view::npos) return out;
    begin = slash + 1;
  }
}

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

// Length of the bracket expression at `pattern[0] == '['`, 0 when it is not closed.
std::size_t bracket_length(std::string_view pattern) {
  std::size_t i = 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
  if (i < pattern.size() && pattern[i] == ']') ++i;
  while (i < pattern.size() && pattern[i] != ']') ++i;
  return i < pattern.size() ? i + 1 : 0;
}

bool bracket_matches(std::string_view bracket, char c) {
  std::string_view set = bracket.substr(1, bracket.size() - 2);
  const bool negated = !set.empty() && (set[0] == '!' || set[0] == '^');
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = found || (set[i] <= c && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || set[i] == c;
    }
  }
  return found != negated;
}

// Wildcards within one name. Remembers the last star only, which is enough, so it takes at most n * m steps.
bool name_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
      continue;
    }
    std::size_t step = 0;
    if (p < pattern.size()) {
      if (pattern[p] == '[') {
        const std::size_t length = bracket_length(pattern.substr(p));
        if (bracket_matches(pattern.substr(p, length), name[n])) step = length;
      } else if (pattern[p] == '?' || pattern[p] == name[n]) {
        step = 1;
      }
    }
    if (step > 0) {
      p += step;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool segments_match(const std::vector<std::string>& pattern, std::size_t p, const std::vector<std::string_view>& path,
                    std::size_t n) {
  for (; p < pattern.size(); ++p, ++n) {
    if (pattern[p] == "**") {
      for (std::size_t skip = n; skip <= path.size(); ++skip) {
        if (segments_match(pattern, p + 1, path, skip)) return true;
      }
      return false;
    }
    if (n >= path.size() || !name_matches(pattern[p], path[n])) return false;
  }
  return n == path.size();
}

// Expands the first {..} of `pattern` again and again.
base::Status expand_braces(const std::string& pattern, std::vector<std::string>& out) {
  if (out.size() >= kAlternativesMax) {
    return base::invalid_argument_error("pattern has more than {} alternatives", kAlternativesMax);
  }
  const std::size_t open = pattern.find('{');
  if (open == std::string::npos) {
    out.push_back(pattern);
    return base::ok_status();
  }
  std::size_t depth = 0;
  std::vector<std::size_t> cuts{open};
  std::size_t i = open;
  for (; i < pattern.size(); ++i) {
    if (pattern[i] == '{') ++depth;
    if (pattern[i] == ',' && depth == 1) cuts.push_back(i);
    if (pattern[i] == '}' && --depth == 0) break;
  }
  if (i == pattern.size()) return base::invalid_argument_error("pattern {}: '{{' is not closed", pattern);
  cuts.push_back(i);
  for (std::size_t c = 0; c + 1 < cuts.size(); ++c) {
    const std::string middle = pattern.substr(cuts[c] + 1, cuts[c + 1] - cuts[c] - 1);
    RETURN_IF_ERROR(expand_braces(pattern.substr(0, open) + middle + pattern.substr(i + 1), out));
  }
  return base::ok_status();
}

}  // namespace

base::StatusOr<Glob> Glob::parse(std::string_view pattern) {
  Glob glob;
  glob.text_ = pattern;
  if (pattern.empty()) return base::invalid_argument_error("a pattern is empty");
  std::vector<std::string> expanded;
  RETURN_IF_ERROR(expand_braces(std::string(pattern), expanded));
  for (const std::string& alternative : expanded) {
    Segments segments;
    for (const std::string_view segment : split(alternative)) {
      for (std::size_t i = 0; i < segment.size(); ++i) {
        if (segment[i] != '[') continue;
        const std::size_t length = bracket_length(segment.substr(i));
        if (length == 0) return base::invalid_argument_error("pattern {}: '[' is not closed", pattern);
        i += length - 1;
      }
      // "a//b" is "a/b", and "**/**" is "**", which also keeps matching from growing exponentially.
      if (segment.empty() && !segments.empty()) continue;
      if (segment == "**" && !segments.empty() && segments.back() == "**") continue;
      segments.emplace_back(segment);
    }
    glob.alternatives_.push_back(std::move(segments));
  }
  return glob;
}

bool Glob::matches(std::string_view path) const {
  const std::vector<std::string_view> parts = split(path);
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [&](const Segments& segments) { return segments_match(segments, 0, parts, 0); });
}

bool Glob::may_match_below(std::string_view path) const {
  const std::vector<std::string_view> parts = split(path);
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const Segments& segments) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i >= segments.size()) return false;
      if (segments[i] == "**") return true;
      if (!name_matches(segments[i], parts[i])) return false;
    }
    return segments.size() > parts.size();
  });
}

std::vector<std::string> Glob::roots() const {
  std::vector<std::string> out;
  for (const Segments& segments : alternatives_) {
    std::string root;
    // The last segment names the file, so it is never part of a root.
    for (std::size_t i = 0; i + 1 < segments.size() && !has_wildcard(segments[i]); ++i) {
      if (i > 0) root += '/';
      root += segments[i];
    }
    if (root.empty()) root = segments[0].empty() ? "/" : ".";
    out.push_back(root);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace cordwood::agent
