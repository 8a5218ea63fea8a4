#include "exec/series_table.h"

#include <cstring>

namespace cordwood::exec {
namespace {

void append_piece(std::string& key, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  char bytes[sizeof(size)];
  std::memcpy(bytes, &size, sizeof(size));
  key.append(bytes, sizeof(size));
  key.append(text);
}

}  // namespace

std::uint32_t SeriesTable::intern(std::span<const LabelView> labels) {
  return intern_key(labels);
}

std::uint32_t SeriesTable::intern(const core::Labels& labels) {
  views_.clear();
  for (const core::Label& label : labels.all()) views_.push_back({label.name, label.value});
  return intern_key(views_);
}

std::uint32_t SeriesTable::intern_key(std::span<const LabelView> labels) {
  key_.clear();
  for (const LabelView& label : labels) {
    append_piece(key_, label.name);
    append_piece(key_, label.value);
  }
  // Neighbouring rows mostly have the same labels.
  if (!labels_.empty() && key_ == last_key_) return last_id_;
  last_key_ = key_;
  const auto found = ids_.find(std::string_view(key_));
  if (found != ids_.end()) return last_id_ = found->second;
  std::vector<core::Label> copy;
  copy.reserve(labels.size());
  for (const LabelView& label : labels) copy.push_back({std::string(label.name), std::string(label.value)});
  const auto id = static_cast<std::uint32_t>(labels_.size());
  // Key and labels, their heap blocks and the map's slot.
  bytes_ += 2 * key_.size() + 64 + labels.size() * sizeof(core::Label) + 96;
  labels_.emplace_back(std::move(copy));
  ids_.emplace(key_, id);
  return last_id_ = id;
}

}  // namespace cordwood::exec
