#include "pipeline/labels_builder.h"

#include <algorithm>
#include <cstring>

#include "pipeline/text/label_name.h"

namespace cordwood::pipeline {

// --- RowArena ------------------------------------------------------------------------------------------------------

char* RowArena::take(std::size_t bytes) {
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < bytes) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const std::size_t size = std::max(bytes, kBlockBytes);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = 0;
  }
  char* const out = blocks_[block_].bytes.get() + used_;
  used_ += bytes;
  return out;
}

std::string_view RowArena::copy(std::string_view text) {
  return concat(text, {});
}

std::string_view RowArena::concat(std::string_view a, std::string_view b) {
  const std::size_t bytes = a.size() + b.size();
  if (bytes == 0) return {};
  char* const out = take(bytes);
  if (!a.empty()) std::memcpy(out, a.data(), a.size());
  if (!b.empty()) std::memcpy(out + a.size(), b.data(), b.size());
  return {out, bytes};
}

void RowArena::clear() {
  // One huge row must not hold its memory for the rest of the stream.
  constexpr std::size_t kBlocksKept = 4;
  if (blocks_.size() > kBlocksKept) blocks_.resize(kBlocksKept);
  std::erase_if(blocks_, [](const Block& block) { return block.size > 64 * kBlockBytes; });
  block_ = 0;
  used_ = 0;
}

// --- LabelsBuilder -------------------------------------------------------------------------------------------------

LabelsBuilder::LabelsBuilder(const core::Labels& stream, const LabelHints* hints) : hints_(hints) {
  stream_.reserve(stream.size());
  for (const core::Label& label : stream.all()) stream_.push_back({label.name, label.value});
}

void LabelsBuilder::reset(std::span<const core::MetadataPair> metadata) {
  for (std::vector<LabelView>& labels : added_) labels.clear();
  removed_.clear();
  extracted_.clear();
  error_ = {};
  error_details_ = {};
  arena_.clear();
  for (const core::MetadataPair& pair : metadata) {
    std::string_view name = pair.name;
    if (stream_has(name)) name = arena_.concat(name, kDuplicateSuffix);
    if (name == kErrorLabel) {
      error_ = pair.value;
    } else if (name == kErrorDetailsLabel) {
      error_details_ = pair.value;
    } else {
      set(LabelCategory::kStructuredMetadata, name, pair.value);
    }
  }
}

const LabelView* LabelsBuilder::find(const std::vector<LabelView>& labels, std::string_view name) {
  for (const LabelView& label : labels) {
    if (label.name == name) return &label;
  }
  return nullptr;
}

LabelsBuilder::Found LabelsBuilder::get(std::string_view name) const {
  for (std::size_t category = 0; category < kLabelCategories; ++category) {
    if (const LabelView* label = find(added_[category], name)) {
      return {label->value, static_cast<LabelCategory>(category), true};
    }
  }
  if (is_removed(name)) return {};
  if (const LabelView* label = find(stream_, name)) return {label->value, LabelCategory::kStream, true};
  return {};
}

bool LabelsBuilder::stream_has(std::string_view name) const {
  return find(stream_, name) != nullptr;
}

bool LabelsBuilder::metadata_has(std::string_view name) const {
  return find(of(LabelCategory::kStructuredMetadata), name) != nullptr;
}

bool LabelsBuilder::unchanged() const {
  return removed_.empty() && error_.empty() && error_details_.empty() &&
         std::all_of(added_.begin(), added_.end(), [](const auto& labels) { return labels.empty(); });
}

bool LabelsBuilder::is_removed(std::string_view name) const {
  return std::find(removed_.begin(), removed_.end(), name) != removed_.end();
}

void LabelsBuilder::forget(LabelCategory category, std::string_view name) {
  std::erase_if(of(category), [&](const LabelView& label) { return label.name == name; });
}

void LabelsBuilder::set(LabelCategory category, std::string_view name, std::string_view value) {
  if (category == LabelCategory::kParsed) forget(LabelCategory::kStructuredMetadata, name);
  if (category != LabelCategory::kStream) forget(LabelCategory::kStream, name);
  // A label of a stronger category hides the new one.
  if (category != LabelCategory::kParsed && find(of(LabelCategory::kParsed), name) != nullptr) return;
  if (category == LabelCategory::kStream && metadata_has(name)) return;
  for (LabelView& label : of(category)) {
    if (label.name == name) {
      label.value = value;
      return;
    }
  }
  of(category).push_back({name, value});
  if (category == LabelCategory::kParsed) extracted_.push_back(name);
}

void LabelsBuilder::remove(std::string_view name) {
  for (std::size_t category = 0; category < kLabelCategories; ++category) {
    forget(static_cast<LabelCategory>(category), name);
  }
  removed_.push_back(name);
}

void LabelsBuilder::add_parser_error(std::string_view error, std::string_view details) {
  set_error(error);
  if (!details.empty()) set_error_details(details);
  if (hints_ != nullptr && hints_->preserve_error) set(LabelCategory::kParsed, kPreserveErrorLabel, "true");
}

bool LabelsBuilder::was_extracted(std::string_view name) const {
  return std::find(extracted_.begin(), extracted_.end(), name) != extracted_.end();
}

bool LabelsBuilder::all_required_extracted() const {
  if (hints_ == nullptr || hints_->required.empty()) return false;
  return std::all_of(hints_->required.begin(), hints_->required.end(),
                     [&](const std::string& name) { return was_extracted(name); });
}

std::string_view LabelsBuilder::name_after_clash(std::string_view name) {
  return stream_has(name) || metadata_has(name) ? arena_.concat(name, kDuplicateSuffix) : name;
}

std::string_view LabelsBuilder::name_to_extract(std::string_view sanitized) {
  const std::string_view name = name_after_clash(sanitized);
  if (was_extracted(name)) return {};
  if (hints_ == nullptr || hints_->required.empty()) return name;
  const auto& required = hints_->required;
  return std::find(required.begin(), required.end(), name) != required.end() ? name : std::string_view();
}

bool LabelsBuilder::wants_prefix(std::string_view prefix) const {
  if (hints_ == nullptr || hints_->required.empty()) return true;
  return std::any_of(hints_->required.begin(), hints_->required.end(),
                     [&](const std::string& name) { return name.starts_with(prefix); });
}

void LabelsBuilder::append(LabelCategory category, std::vector<LabelView>& out) const {
  const auto& parsed = of(LabelCategory::kParsed);
  switch (category) {
    case LabelCategory::kStream:
      for (const LabelView& label : stream_) {
        if (is_removed(label.name) || metadata_has(label.name) || find(parsed, label.name) != nullptr) continue;
        if (find(of(category), label.name) != nullptr) continue;  // renamed over, see below
        out.push_back(label);
      }
      out.insert(out.end(), of(category).begin(), of(category).end());
      break;
    case LabelCategory::kStructuredMetadata:
      for (const LabelView& label : of(category)) {
        if (find(parsed, label.name) == nullptr) out.push_back(label);
      }
      break;
    case LabelCategory::kParsed:
      out.insert(out.end(), parsed.begin(), parsed.end());
      if (!error_.empty()) out.push_back({kErrorLabel, error_});
      if (!error_details_.empty()) out.push_back({kErrorDetailsLabel, error_details_});
      break;
  }
}

void LabelsBuilder::append_all(std::vector<LabelView>& out) const {
  for (std::size_t category = 0; category < kLabelCategories; ++category) {
    append(static_cast<LabelCategory>(category), out);
  }
}

}  // namespace cordwood::pipeline
