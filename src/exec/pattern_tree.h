// Groups lines by what they have in common: a small Drain (He et al., ICWS 2017). Words that hold digits are places
// where lines may differ; groups of the same number of words that differ in few others are one, and the words that
// differ become places too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::exec {

// Not thread-safe. Memory is bounded by the constants below, whatever the lines are.
class PatternTree {
 public:
  static constexpr std::size_t kGroupsMax = 4000;     // lines that fit none of them are counted together
  static constexpr std::size_t kGroupsOfKeyMax = 64;  // that a line is compared with
  static constexpr std::size_t kWordsMax = 100;       // of a line; the rest is one place
  static constexpr std::size_t kLineBytesMax = 4096;  // of a line that are looked at
  static constexpr std::string_view kPlace = "<_>";

  // The number of the group that the line belongs to, from 0; groups keep their numbers.
  std::uint32_t add(std::string_view line);
  std::size_t size() const { return groups_.size(); }
  // What the group's lines have in common, for LogQL's `|>`.
  std::string pattern(std::uint32_t group) const;

 private:
  struct Group {
    std::vector<std::string> words;
    std::string spaces;  // the byte before each word, so that tabs stay tabs; the first is 0 when none
  };
  void split(std::string_view line);
  // The group among `candidates` that is most like the line, or kNone.
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::uint32_t closest(const std::vector<std::uint32_t>& candidates) const;

  std::vector<Group> groups_;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> by_key_;
  std::uint32_t other_ = kNone;
  // Of the line that is being added.
  std::vector<std::string> words_;
  std::string spaces_;
};

}  // namespace cordwood::exec
