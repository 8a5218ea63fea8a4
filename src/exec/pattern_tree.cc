#include "exec/pattern_tree.h"

#include <algorithm>

#include <fmt/format.h>

namespace cordwood::exec {
namespace {

// The share of words that must agree for a line to join a group.
constexpr double kSimilarity = 0.6;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
// What stays around a place: brackets, quotes, and what separates keys from values.
bool is_edge(char c) {
  return std::string_view("[](){}<>\"'=,;:|").find(c) != std::string_view::npos;
}

// `[pid=1234],` -> `[pid=<_>],`: of a word that holds a digit, the stretches between edges that hold one.
void append_masked(std::string& out, std::string_view word) {
  std::size_t at = 0;
  while (at < word.size()) {
    if (is_edge(word[at])) {
      out += word[at++];
      continue;
    }
    std::size_t end = at;
    bool digits = false;
    for (; end < word.size() && !is_edge(word[end]); ++end) digits = digits || is_digit(word[end]);
    if (!digits) {
      out += word.substr(at, end - at);
    } else if (!out.ends_with(PatternTree::kPlace)) {
      out += PatternTree::kPlace;
    }
    at = end;
    // 10:11:12 and 1.2.3.4:80 are one place, not several.
    while (digits && at + 1 < word.size() && (word[at] == ':' || word[at] == ',') && is_digit(word[at + 1])) {
      ++at;
      while (at < word.size() && !is_edge(word[at])) ++at;
    }
  }
}

}  // namespace

void PatternTree::split(std::string_view line) {
  words_.clear();
  spaces_.clear();
  const bool cut = line.size() > kLineBytesMax;
  line = line.substr(0, kLineBytesMax);
  char space = '\0';
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ' ' || line[at] == '\t') {
      space = line[at++];
      continue;
    }
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    spaces_ += space;
    words_.emplace_back();
    if (words_.size() == kWordsMax) {
      words_.back() = kPlace;
      return;
    }
    append_masked(words_.back(), line.substr(at, end - at));
    at = end;
    space = '\0';
  }
  if (cut) {
    words_.emplace_back(kPlace);
    spaces_ += ' ';
  }
}

std::uint32_t PatternTree::closest(const std::vector<std::uint32_t>& candidates) const {
  std::uint32_t best = kNone;
  std::size_t best_same = 0;
  for (const std::uint32_t number : candidates) {
    const Group& group = groups_[number];
    std::size_t same = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) same += words_[i] == group.words[i] ? 1 : 0;
    if (best == kNone || same > best_same) {
      best = number;
      best_same = same;
    }
    if (same == words_.size()) break;
  }
  const auto needed = static_cast<double>(words_.size()) * kSimilarity;
  return best != kNone && static_cast<double>(best_same) >= needed ? best : kNone;
}

std::uint32_t PatternTree::add(std::string_view line) {
  split(line);
  // Lines that begin alike are compared; a first word that is a place says nothing.
  std::string key = fmt::format("{} ", words_.size());
  for (const std::string& word : words_) {
    if (word.find(kPlace) != std::string::npos) continue;
    key += word;
    break;
  }
  auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    const std::uint32_t number = closest(found->second);
    if (number != kNone) {
      Group& group = groups_[number];
      for (std::size_t i = 0; i < words_.size(); ++i) {
        if (group.words[i] != words_[i]) group.words[i] = kPlace;
      }
      return number;
    }
  }
  const bool full = groups_.size() >= kGroupsMax || (found != by_key_.end() && found->second.size() >= kGroupsOfKeyMax);
  if (full) {
    if (other_ == kNone) {
      other_ = static_cast<std::uint32_t>(groups_.size());
      groups_.push_back({{std::string(kPlace)}, std::string(1, '\0')});
    }
    return other_;
  }
  const auto number = static_cast<std::uint32_t>(groups_.size());
  groups_.push_back({words_, spaces_});
  if (found == by_key_.end()) found = by_key_.emplace(std::move(key), std::vector<std::uint32_t>()).first;
  found->second.push_back(number);
  return number;
}

std::string PatternTree::pattern(std::uint32_t group) const {
  const Group& of = groups_[group];
  std::string out;
  for (std::size_t i = 0; i < of.words.size(); ++i) {
    if (of.spaces[i] != '\0') out += of.spaces[i];
    // Places beside each other are one: LogQL's patterns have none that follow directly.
    const bool repeated = of.words[i] == kPlace && out.ends_with("<_> ");
    if (repeated) {
      out.pop_back();
    } else {
      out += of.words[i];
    }
  }
  return out;
}

}  // namespace cordwood::exec
