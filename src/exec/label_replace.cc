#include "exec/label_replace.h"

#include <re2/re2.h>

#include <charconv>

namespace cordwood::exec {
namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The name after `$` at the start of `text` (the dollar taken off): its text and how many bytes it takes; 0 when there
// is none.
struct TemplateName {
  std::string_view name;
  std::size_t bytes = 0;
};
TemplateName template_name(std::string_view text) {
  const bool brace = !text.empty() && text[0] == '{';
  std::size_t end = brace ? 1 : 0;
  const std::size_t begin = end;
  while (end < text.size() && is_name_byte(text[end])) ++end;
  if (end == begin) return {};
  const std::string_view name = text.substr(begin, end - begin);
  if (!brace) return {name, end};
  if (end >= text.size() || text[end] != '}') return {};
  return {name, end + 1};
}

std::string_view group_named(std::string_view name, const std::vector<std::string_view>& groups,
                             const std::vector<std::pair<std::string, int>>& names) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) {
    return number < groups.size() ? groups[number] : std::string_view();
  }
  for (const auto& [group_name, group] : names) {
    if (group_name == name) return groups[static_cast<std::size_t>(group)];
  }
  return {};
}

core::Labels with_label(const core::Labels& labels, const std::string& name, std::string value) {
  std::vector<core::Label> changed;
  for (const core::Label& label : labels.all()) {
    if (label.name != name) changed.push_back(label);
  }
  if (!value.empty()) changed.push_back({name, std::move(value)});
  return core::Labels(std::move(changed));
}

}  // namespace

std::string expand_template(std::string_view text, const std::vector<std::string_view>& groups,
                            const std::vector<std::pair<std::string, int>>& names) {
  std::string result;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    result += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (!text.empty() && text[0] == '$') {
      result += '$';
      text.remove_prefix(1);
      continue;
    }
    const TemplateName name = template_name(text);
    if (name.bytes == 0) {
      result += '$';
      continue;
    }
    result += group_named(name.name, groups, names);
    text.remove_prefix(name.bytes);
  }
  return result;
}

base::StatusOr<Matrix> replace_labels(const logql::LabelReplace& replace, Matrix input) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 regex(replace.regex, options);
  if (!regex.ok()) return base::invalid_argument_error("invalid regex in label_replace: {}", regex.error());
  std::vector<std::pair<std::string, int>> names(regex.NamedCapturingGroups().begin(),
                                                 regex.NamedCapturingGroups().end());
  const int count = regex.NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(count));
  for (MatrixRow& row : input.rows) {
    const std::string source(row.labels.get(replace.source));
    if (!regex.Match(source, 0, source.size(), RE2::ANCHOR_BOTH, pieces.data(), count)) continue;
    std::vector<std::string_view> groups;
    for (const re2::StringPiece& piece : pieces) groups.emplace_back(piece.data(), piece.size());
    row.labels = with_label(row.labels, replace.destination, expand_template(replace.replacement, groups, names));
  }
  return input;
}

}  // namespace cordwood::exec
