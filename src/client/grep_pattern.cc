#include "client/grep_pattern.h"

#include <fmt/format.h>

#include <algorithm>

namespace cordwood::client {
namespace {

constexpr std::string_view kSpecial = "\\.+*?()|[]{}^$";

void append_literal(std::string& out, char c) {
  if (kSpecial.find(c) != std::string_view::npos) out += '\\';
  out += c;
}

std::string quote_literal(std::string_view text) {
  std::string out;
  for (const char c : text) append_literal(out, c);
  return out;
}

// Translates one pattern. Basic and extended expressions differ only in which of an operator's two spellings, with or
// without a backslash, is the operator.
class Translator {
 public:
  Translator(std::string_view text, bool extended) : text_(text), extended_(extended) {}

  base::StatusOr<std::string> translate() {
    while (at_ < text_.size()) RETURN_IF_ERROR(next());
    if (!groups_.empty()) return base::invalid_argument_error("unmatched ( in pattern '{}'", text_);
    return std::move(out_);
  }

 private:
  // Where an anchor or an operand is expected: at the start, after ( and after |.
  bool at_start() const { return start_; }

  base::Status next() {
    const char c = text_[at_++];
    if (c == '\\') return escape();
    if (c == '[') return bracket();
    if (extended_ && (c == '(' || c == ')' || c == '|' || c == '{' || c == '+' || c == '?')) return op(c);
    if (c == '*') return star();
    if (c == '^') {
      if (!extended_ && !at_start()) return literal('^');
      out_ += '^';
      return base::ok_status();  // what follows is still at the start: ^* is a literal star in a basic expression
    }
    if (c == '$') return dollar();
    if (c == '.') return operand(".");
    return literal(c);
  }

  base::Status literal(char c) {
    begin_atom(out_.size());
    append_literal(out_, c);
    return base::ok_status();
  }
  base::Status operand(std::string_view regex) {
    begin_atom(out_.size());
    out_ += regex;
    return base::ok_status();
  }
  void begin_atom(std::size_t at) {
    atom_begin_ = at;
    repeated_ = false;
    start_ = false;
  }
  // A repetition of a repetition is one of POSIX's; in RE2 `a*?` would mean something else, so it gets a group.
  base::Status repeat(std::string_view operation) {
    if (repeated_) {
      out_.insert(atom_begin_, "(?:");
      out_ += ')';
    }
    out_ += operation;
    repeated_ = true;
    return base::ok_status();
  }

  base::Status star() {
    if (at_start()) return extended_ ? base::ok_status() : literal('*');  // GNU grep -E ignores a leading star
    return repeat("*");
  }

  base::Status dollar() {
    const std::string_view rest = text_.substr(at_);
    const bool anchor = extended_ || rest.empty() || rest.starts_with("\\)") || rest.starts_with("\\|");
    return anchor ? operand("$") : literal('$');
  }

  base::Status op(char c) {
    switch (c) {
      case '(':
        groups_.push_back(out_.size());
        out_ += "(?:";
        start_ = true;
        return base::ok_status();
      case ')':
        if (groups_.empty()) {
          if (extended_) return literal(')');
          return base::invalid_argument_error("unmatched ) in pattern '{}'", text_);
        }
        begin_atom(groups_.back());
        groups_.pop_back();
        out_ += ')';
        return base::ok_status();
      case '|':
        out_ += '|';
        start_ = true;
        return base::ok_status();
      case '{':
        return interval();
      default:  // + and ?
        if (at_start()) return extended_ ? base::ok_status() : literal(c);
        return repeat(std::string_view(&c, 1));
    }
  }

  // {n}, {n,}, {n,m}, {,m}; in a basic expression it ends with \}.
  base::Status interval() {
    const std::string_view end = extended_ ? "}" : "\\}";
    const std::size_t close = text_.find(end, at_);
    std::string_view inside = close == std::string_view::npos ? "" : text_.substr(at_, close - at_);
    const bool valid = !inside.empty() && inside.find_first_not_of("0123456789,") == std::string_view::npos &&
                       std::count(inside.begin(), inside.end(), ',') <= 1 && inside != ",";
    if (!valid || at_start()) {
      if (extended_) return literal('{');
      return base::invalid_argument_error("invalid content of \\{{\\}} in pattern '{}'", text_);
    }
    at_ = close + end.size();
    return repeat(fmt::format("{{{}{}}}", inside.front() == ',' ? "0" : "", inside));
  }

  base::Status escape() {
    if (at_ >= text_.size()) return base::invalid_argument_error("trailing backslash in pattern '{}'", text_);
    const char c = text_[at_++];
    if (!extended_ && std::string_view("(){|+?").find(c) != std::string_view::npos) return op(c);
    if (c >= '1' && c <= '9') {
      return base::invalid_argument_error(
          "back-reference \\{} at position {}: patterns are searched in linear time, which back-references rule out", c,
          at_ - 1);
    }
    switch (c) {
      case '<':
      case '>':
      case 'b':
        return operand("\\b");
      case 'B':
        return operand("\\B");
      case 'w':
        return operand("[0-9A-Za-z_]");
      case 'W':
        return operand("[^0-9A-Za-z_]");
      case 's':
        return operand("[\\t\\n\\v\\f\\r ]");
      case 'S':
        return operand("[^\\t\\n\\v\\f\\r ]");
      case '`':
        return operand("\\A");
      case '\'':
        return operand("\\z");
      default:
        return literal(c);
    }
  }

  // A bracket expression: no escapes inside, ] first is literal, [:class:], [=c=] and [.c.] of one character.
  base::Status bracket() {
    std::string set = "[";
    if (at_ < text_.size() && text_[at_] == '^') {
      set += "^\\n";
      ++at_;
    }
    bool first = true;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ']' && !first) {
        ++at_;
        return operand(set + "]");
      }
      first = false;
      if (c == '[' && at_ + 1 < text_.size() &&
          std::string_view(":=.").find(text_[at_ + 1]) != std::string_view::npos) {
        RETURN_IF_ERROR(bracket_class(set));
        continue;
      }
      if (std::string_view("\\[]^").find(c) != std::string_view::npos) set += '\\';
      set += c;
      ++at_;
    }
    return base::invalid_argument_error("unmatched [ in pattern '{}'", text_);
  }

  base::Status bracket_class(std::string& set) {
    const char kind = text_[at_ + 1];
    const std::size_t close = text_.find(std::string{kind, ']'}, at_ + 2);
    if (close == std::string_view::npos) return base::invalid_argument_error("unmatched [ in pattern '{}'", text_);
    const std::string_view name = text_.substr(at_ + 2, close - at_ - 2);
    at_ = close + 2;
    if (kind == ':') {
      constexpr std::string_view kClasses[] = {"alnum", "alpha", "blank", "cntrl", "digit", "graph",
                                               "lower", "print", "punct", "space", "upper", "xdigit"};
      for (const std::string_view known : kClasses) {
        if (name == known) {
          set += fmt::format("[:{}:]", name);
          return base::ok_status();
        }
      }
      return base::invalid_argument_error("invalid character class '{}' in pattern '{}'", name, text_);
    }
    if (name.size() != 1) return base::invalid_argument_error("invalid collation character in pattern '{}'", text_);
    if (std::string_view("\\[]^-").find(name[0]) != std::string_view::npos) set += '\\';
    set += name;
    return base::ok_status();
  }

  std::string_view text_;
  const bool extended_;
  std::size_t at_ = 0;
  std::string out_;
  bool start_ = true;
  std::vector<std::size_t> groups_;  // where in out_ each open group begins
  std::size_t atom_begin_ = 0;       // of the last operand in out_
  bool repeated_ = false;            // it has a repetition already
};

}  // namespace

base::StatusOr<std::string> translate_grep_patterns(const std::vector<std::string>& patterns,
                                                    const GrepPatternOptions& options) {
  if (patterns.empty()) return std::string("[^\\x00-\\x{10FFFF}]");
  std::string all;
  for (const std::string& pattern : patterns) {
    std::string one;
    if (options.syntax == PatternSyntax::kFixed) {
      one = quote_literal(pattern);
    } else {
      ASSIGN_OR_RETURN(one, Translator(pattern, options.syntax == PatternSyntax::kExtended).translate());
    }
    if (!all.empty() || &pattern != &patterns.front()) all += '|';
    all += patterns.size() == 1 ? one : "(?:" + one + ")";
  }
  if (options.whole_line) {
    all = "^(?:" + all + ")$";
  } else if (options.whole_word) {
    // grep -w: the match is neither preceded nor followed by a word character.
    all = "(?:^|[^0-9A-Za-z_])(?:" + all + ")(?:[^0-9A-Za-z_]|$)";
  }
  return (options.ignore_case ? "(?i)" : "") + all;
}

std::string glob_to_regex(std::string_view glob) {
  std::string out;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    const char c = glob[i];
    if (c == '*') {
      out += ".*";
    } else if (c == '?') {
      out += '.';
    } else if (c == '\\' && i + 1 < glob.size()) {
      append_literal(out, glob[++i]);
    } else if (c == '[' && glob.find(']', i + 2) != std::string_view::npos) {
      const std::size_t close = glob.find(']', i + 2);
      std::string set(glob.substr(i + 1, close - i - 1));
      if (set[0] == '!') set[0] = '^';
      out += '[';
      for (const char s : set) {
        if (s == '\\' || s == '[') out += '\\';
        out += s;
      }
      out += ']';
      i = close;
    } else {
      append_literal(out, c);
    }
  }
  return out;
}

}  // namespace cordwood::client
