#include "exec/regex_literal.h"

#include <algorithm>

namespace cordwood::exec {
namespace {

// Shorter ones are in most lines.
constexpr std::size_t kLiteralBytesMin = 3;
// Each is a pass over the text.
constexpr std::size_t kAlternativesMax = 8;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Walks one alternative after the other.
class Scanner {
 public:
  Scanner(std::string_view regex, bool fold) : rest_(regex), fold_(fold) {}

  struct Alternative {
    std::string longest;
    bool exact = true;  // nothing but that literal
  };
  // Up to the next `|` or the end; nullopt for syntax that is not understood.
  std::optional<Alternative> alternative() {
    Alternative result;
    std::string run;
    const auto end_run = [&](bool by_other_syntax) {
      if (run.size() > result.longest.size()) result.longest = run;
      run.clear();
      result.exact = result.exact && !by_other_syntax;
    };
    while (!rest_.empty() && rest_[0] != '|') {
      const std::optional<Item> item = next_item();
      if (!item.has_value()) return std::nullopt;
      const Repeat repeat = next_repeat();
      if (item->literal && repeat != Repeat::kMaybeNone) run += item->character;
      if (!item->literal || repeat != Repeat::kOnce) end_run(true);
    }
    const bool whole = result.exact;
    end_run(false);
    result.exact = whole;
    return result;
  }
  bool take_bar() {
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

 private:
  struct Item {
    bool literal = false;
    char character = 0;
  };
  enum class Repeat { kOnce, kAtLeastOnce, kMaybeNone };

  std::optional<Item> next_item() {
    const char c = rest_[0];
    switch (c) {
      case '\\':
        return escape();
      case '[':
        return skip_class() ? std::optional(Item{}) : std::nullopt;
      case '(':
        return skip_group() ? std::optional(Item{}) : std::nullopt;
      case '.':
      case '^':
      case '$':
        rest_.remove_prefix(1);
        return Item{};
      case ')':
      case '*':
      case '+':
      case '?':
        return std::nullopt;  // not valid here
      default:
        break;
    }
    rest_.remove_prefix(1);
    return plain(c);
  }

  // A rune of several bytes is passed over byte by byte; what repeats it then follows a byte that is no literal.
  Item plain(char c) const {
    if (static_cast<unsigned char>(c) >= 0x80) return {};
    const char lower = static_cast<char>(c | 0x20);
    if (fold_ && is_letter(c) && (lower == 'k' || lower == 's')) return {};
    return {true, c};
  }

  std::optional<Item> escape() {
    if (rest_.size() < 2) return std::nullopt;
    const char c = rest_[1];
    rest_.remove_prefix(2);
    if (std::string_view("dDwWsSbBAz").find(c) != std::string_view::npos) return Item{};
    // \x, \p, \Q and the like are not looked at.
    if (is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80) return std::nullopt;
    return Item{true, c};
  }

  bool skip_class() {
    std::size_t at = 1;
    if (at < rest_.size() && rest_[at] == '^') ++at;
    if (at < rest_.size() && rest_[at] == ']') ++at;
    while (at < rest_.size() && rest_[at] != ']') {
      if (rest_[at] == '\\') {
        at += 2;
      } else if (rest_.substr(at, 2) == "[:") {
        const std::size_t end = rest_.find(":]", at + 2);
        if (end == std::string_view::npos) return false;
        at = end + 2;
      } else {
        ++at;
      }
    }
    if (at >= rest_.size()) return false;
    rest_.remove_prefix(at + 1);
    return true;
  }

  bool skip_group() {
    if (rest_.starts_with("(?") && !rest_.starts_with("(?:") && !rest_.starts_with("(?P<")) return false;
    rest_.remove_prefix(rest_.starts_with("(?") ? 2 : 1);
    while (!rest_.empty()) {
      switch (rest_[0]) {
        case ')':
          rest_.remove_prefix(1);
          return true;
        case '(':
          if (!skip_group()) return false;
          break;
        case '[':
          if (!skip_class()) return false;
          break;
        case '\\':
          // \Q would make the following parentheses plain.
          if (rest_.size() < 2 || rest_[1] == 'Q') return false;
          rest_.remove_prefix(2);
          break;
        default:
          rest_.remove_prefix(1);
      }
    }
    return false;
  }

  Repeat next_repeat() {
    Repeat result = Repeat::kOnce;
    while (!rest_.empty()) {
      const char c = rest_[0];
      std::size_t bytes = 1;
      if (c == '{') {
        bytes = counted_repeat();
        if (bytes == 0) break;
        result = Repeat::kMaybeNone;
      } else if (c == '*' || c == '?') {
        result = Repeat::kMaybeNone;
      } else if (c == '+') {
        if (result == Repeat::kOnce) result = Repeat::kAtLeastOnce;
      } else {
        break;
      }
      rest_.remove_prefix(bytes);
    }
    return result;
  }
  // The length of `{n}`, `{n,}` or `{n,m}` at the start; 0 when a brace is just a brace.
  std::size_t counted_repeat() const {
    std::size_t at = 1;
    while (at < rest_.size() && is_digit(rest_[at])) ++at;
    if (at == 1) return 0;
    if (at < rest_.size() && rest_[at] == ',') ++at;
    while (at < rest_.size() && is_digit(rest_[at])) ++at;
    return at < rest_.size() && rest_[at] == '}' ? at + 1 : 0;
  }

  std::string_view rest_;
  const bool fold_;
};

}  // namespace

std::optional<RegexLiterals> literals_of_regex(std::string_view regex) {
  RegexLiterals result;
  result.fold_case = regex.starts_with("(?i)");
  if (result.fold_case) regex.remove_prefix(4);
  result.exact = true;
  Scanner scanner(regex, result.fold_case);
  do {
    const std::optional<Scanner::Alternative> alternative = scanner.alternative();
    if (!alternative.has_value() || alternative->longest.size() < kLiteralBytesMin) return std::nullopt;
    result.any_of.push_back(alternative->longest);
    result.exact = result.exact && alternative->exact;
    if (result.any_of.size() > kAlternativesMax) return std::nullopt;
  } while (scanner.take_bar());
  return result;
}

}  // namespace cordwood::exec
