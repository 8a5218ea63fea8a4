#include "core/labels.h"

#include <algorithm>

#include "base/json_writer.h"

namespace cordwood::core {

Labels::Labels(std::vector<Label> labels) : labels_(std::move(labels)) {
  std::stable_sort(labels_.begin(), labels_.end(), [](const Label& a, const Label& b) { return a.name < b.name; });
  // Of equal names keep the last: walk backwards over runs.
  std::size_t out = 0;
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    if (i + 1 < labels_.size() && labels_[i].name == labels_[i + 1].name) continue;
    if (out != i) labels_[out] = std::move(labels_[i]);
    ++out;
  }
  labels_.resize(out);
}

std::string_view Labels::get(std::string_view name) const {
  const auto it = std::lower_bound(labels_.begin(), labels_.end(), name,
                                   [](const Label& label, std::string_view n) { return label.name < n; });
  return it != labels_.end() && it->name == name ? std::string_view(it->value) : std::string_view();
}

bool Labels::has(std::string_view name) const {
  return std::binary_search(labels_.begin(), labels_.end(), Label{std::string(name), {}},
                            [](const Label& a, const Label& b) { return a.name < b.name; });
}

std::string Labels::to_text() const {
  std::string out = "{";
  for (const Label& label : labels_) {
    if (out.size() > 1) out += ", ";
    out += label.name;
    out += '=';
    append_go_quoted(out, label.value);
  }
  out += '}';
  return out;
}

StreamId Labels::stream_id() const {
  return {base::hash128(to_text())};
}

bool is_valid_label_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace cordwood::core
