// Path patterns of the agent: `*`, `?`, `[a-z]`, `[!a]`, `{a,b}` within a name, and `**` for any number of directories.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cordwood::agent {

// Immutable and thread-safe. Hidden names are matched by `*` like others: logs may be anywhere.
class Glob {
 public:
  // InvalidArgument for an unclosed bracket, or more than 64 alternatives. A relative pattern is matched as it stands,
  // against paths that begin the same way.
  static base::StatusOr<Glob> parse(std::string_view pattern);

  bool matches(std::string_view path) const;
  // Whether something below directory `path` can match, so that a walk leaves the rest out.
  bool may_match_below(std::string_view path) const;
  // The longest directories without wildcards to begin walks from, one for each alternative; "." for relative patterns.
  std::vector<std::string> roots() const;
  const std::string& text() const { return text_; }

 private:
  // One alternative with its braces expanded, cut at '/'. An absolute path begins with an empty segment.
  using Segments = std::vector<std::string>;
  std::string text_;
  std::vector<Segments> alternatives_;
};

}  // namespace cordwood::agent
