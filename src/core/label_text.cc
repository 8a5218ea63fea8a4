// The text form of labels: Go's quoting (strconv.Quote and Unquote), which Loki uses on the wire and in answers.
#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "core/go_strings.h"
#include "core/labels.h"

namespace cordwood::core {
namespace {

class LabelParser {
 public:
  explicit LabelParser(std::string_view text) : text_(text) {}

  base::StatusOr<Labels> parse() {
    std::vector<Label> labels;
    bool after_label = false;
    skip_space();
    if (!take('{')) return fail("expected '{'");
    skip_space();
    while (!take('}')) {
      if (after_label) {
        if (!take(',')) return fail("expected ',' or '}'");
        skip_space();
        if (take('}')) break;  // Prometheus' parser accepts a trailing comma
      }
      ASSIGN_OR_RETURN(Label label, parse_label());
      // An empty value is the same as no label.
      if (!label.value.empty()) labels.push_back(std::move(label));
      after_label = true;
      skip_space();
    }
    skip_space();
    if (at_ != text_.size()) return fail("unexpected text after '}'");
    return Labels(std::move(labels));
  }

 private:
  base::StatusOr<Label> parse_label() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (text_[at_] == '_' || std::isalnum(static_cast<unsigned char>(text_[at_])) != 0))
      ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (!is_valid_label_name(name)) return fail("expected a label name");
    skip_space();
    if (!take('=')) return fail("expected '='");
    skip_space();
    std::optional<GoString> value = parse_go_string(text_.substr(at_));
    if (!value.has_value()) return fail("expected a quoted string");
    at_ += value->bytes;
    return Label{std::string(name), std::move(value->value)};
  }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  base::Status fail(std::string_view what) const { return base::invalid_argument_error("{} at offset {}", what, at_); }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

base::StatusOr<Labels> parse_labels(std::string_view text) {
  return LabelParser(text).parse();
}

}  // namespace cordwood::core
