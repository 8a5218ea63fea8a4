// Regular expressions with the behaviour of Go's regexp package, over RE2 (the same syntax and leftmost-first matches).
//
// Bytes that are not UTF-8: Go sees each of them as the rune U+FFFD, one byte wide, so `.` matches it. RE2 in UTF-8
// mode would not, and in Latin-1 mode every non-ASCII character would fall apart. So text is matched as UTF-8, and a
// text that is not valid is first copied with U+FFFD in place of each invalid byte; positions are mapped back.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "logql/regex.h"

namespace cordwood::pipeline {

// Immutable after compile; const methods may run on several threads.
class Regex {
 public:
  // A capture as byte offsets into the text; begin is npos when the group took no part.
  struct Span {
    std::size_t begin = std::string_view::npos;
    std::size_t end = std::string_view::npos;
    bool matched() const { return begin != std::string_view::npos; }
    std::string_view of(std::string_view text) const {
      return matched() ? text.substr(begin, end - begin) : std::string_view();
    }
  };

  // Errors are InvalidArgument with Go's text, see logql/regex.h.
  static base::StatusOr<Regex> compile(std::string_view pattern, logql::RegexUse use = logql::RegexUse::kLine);

  bool matches(std::string_view text) const;
  // The first match at or after `position`; spans[0] is the whole match, the rest the groups. `spans` is resized.
  bool find(std::string_view text, std::size_t position, std::vector<Span>& spans) const;
  // Number of successive non-overlapping matches (FindAllStringIndex).
  std::size_t count(std::string_view text) const;
  // ReplaceAllString; with `literal`, ReplaceAllLiteralString. Stops growing at `bytes_max` and sets `truncated`.
  std::string replace_all(std::string_view text, std::string_view replacement, bool literal, std::size_t bytes_max,
                          bool& truncated) const;
  // Names of the groups by index (0 = the whole match), "" where a group has none.
  const std::vector<std::string>& group_names() const { return names_; }
  std::size_t groups() const { return names_.size() - 1; }

 private:
  Regex() = default;
  void expand(std::string& out, std::string_view replacement, std::string_view text,
              const std::vector<Span>& spans) const;
  std::shared_ptr<const re2::RE2> regex_;
  std::vector<std::string> names_;
};

}  // namespace cordwood::pipeline
