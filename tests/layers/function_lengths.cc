#include "layers/function_lengths.h"

#include <cctype>
#include <string_view>

namespace cordwood::layers {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The text of a file with comments, literals and preprocessor lines blanked out; line breaks stay.
class Blanker {
 public:
  explicit Blanker(const SourceFile& file) {
    bool continued = false;
    for (const std::string& line : file.lines) {
      const std::size_t first = line.find_first_not_of(" \t");
      const bool directive = continued || (first != std::string::npos && line[first] == '#');
      continued = directive && line.ends_with('\\');
      text_ += directive ? std::string() : line;
      text_ += '\n';
    }
  }

  std::string run() {
    while (at_ < text_.size()) {
      const std::string_view rest = std::string_view(text_).substr(at_);
      if (rest.starts_with("//")) {
        blank_to(text_.find('\n', at_));
      } else if (rest.starts_with("/*")) {
        blank_past("*/", 2);
      } else if (rest.starts_with("R\"") && !after_word()) {
        const std::size_t open = text_.find('(', at_);
        if (open == std::string::npos) return text_;
        blank_past(")" + text_.substr(at_ + 2, open - at_ - 2) + "\"", open + 1 - at_);
      } else if (rest[0] == '"' || (rest[0] == '\'' && !after_word())) {
        blank_literal(rest[0]);
      } else {
        ++at_;
      }
    }
    return text_;
  }

 private:
  // Tells 1'000 from 'c', and FOR"x" from R"x(".
  bool after_word() const { return at_ > 0 && is_word(text_[at_ - 1]); }
  void blank_to(std::size_t end) {
    end = std::min(end, text_.size());
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') text_[at_] = ' ';
    }
  }
  void blank_past(const std::string& terminator, std::size_t skip) {
    const std::size_t found = text_.find(terminator, at_ + skip);
    blank_to(found == std::string::npos ? text_.size() : found + terminator.size());
  }
  void blank_literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    blank_to(end + 1);
  }

  std::string text_;
  std::size_t at_ = 0;
};

bool contains_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !is_word(text[at + word.size()]);
    if (begins && ends) return true;
  }
  return false;
}

// Without `template <...>` in front. Angle brackets inside parentheses may be comparisons and do not count.
std::string_view without_template(std::string_view head) {
  if (!head.starts_with("template")) return head;
  int angles = 0;
  int parentheses = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '(') ++parentheses;
    if (head[i] == ')') --parentheses;
    if (parentheses > 0) continue;
    if (head[i] == '<') ++angles;
    if (head[i] == '>' && --angles == 0) return without_template(head.substr(head.find_first_not_of(' ', i + 1)));
  }
  return head;
}

bool opens_scope(std::string_view head) {
  const std::string_view before = head.substr(0, head.find('('));
  for (const std::string_view word : {"namespace", "class", "struct", "union", "enum", "extern"}) {
    if (contains_word(before, word)) return true;
  }
  return false;
}

// A variable with an initialiser has its '=' outside of parentheses; of functions only operators have one.
bool opens_function(std::string_view head) {
  if (head.find(')') == std::string_view::npos) return false;
  if (contains_word(head, "operator")) return true;
  int parentheses = 0;
  for (const char c : head) {
    if (c == '(') ++parentheses;
    if (c == ')') --parentheses;
    if (c == '=' && parentheses == 0) return false;
  }
  return true;
}

// What stands before the parenthesis.
std::string name_of(std::string_view head) {
  std::string_view before = head.substr(0, head.find('('));
  const std::size_t operator_at = before.rfind("operator");
  if (operator_at != std::string_view::npos) return std::string(before.substr(operator_at));
  while (!before.empty() && before.back() == ' ') before.remove_suffix(1);
  std::size_t begin = before.size();
  while (begin > 0 && (is_word(before[begin - 1]) || before[begin - 1] == ':' || before[begin - 1] == '~')) --begin;
  return std::string(before.substr(begin));
}

class Counter {
 public:
  explicit Counter(const std::string& text) : text_(text) {}

  std::vector<FunctionLength> run() {
    for (const char c : text_) {
      if (c == '\n') ++line_;
      if (c == '{') {
        open();
      } else if (c == '}') {
        close();
      } else if (c == ';') {
        head_.clear();
      } else if (!head_.empty() || std::isspace(static_cast<unsigned char>(c)) == 0) {
        if (head_.empty()) head_line_ = line_;
        head_ += c == '\n' ? ' ' : c;
        if (head_ == "public:" || head_ == "private:" || head_ == "protected:") head_.clear();
      }
    }
    return std::move(functions_);
  }

 private:
  void open() {
    if (inside_depth_ > 0) {
      ++inside_depth_;
    } else if (const std::string_view head = without_template(head_); !opens_scope(head) && opens_function(head)) {
      functions_.push_back({name_of(head), head_line_, 0});
      inside_depth_ = 1;
    }
    head_.clear();
  }
  void close() {
    if (inside_depth_ > 0 && --inside_depth_ == 0) functions_.back().lines = line_ - functions_.back().begin + 1;
    head_.clear();
  }

  const std::string& text_;
  std::vector<FunctionLength> functions_;
  std::string head_;  // since the last ; { or }
  std::size_t head_line_ = 1;
  std::size_t line_ = 1;
  std::size_t inside_depth_ = 0;  // of braces in the function we are in
};

}  // namespace

std::vector<FunctionLength> function_lengths(const SourceFile& file) {
  const std::string text = Blanker(file).run();
  return Counter(text).run();
}

}  // namespace cordwood::layers
