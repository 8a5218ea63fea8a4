#include "exec/level_column.h"

#include <algorithm>

#include "pipeline/detect/level.h"

namespace cordwood::exec {
namespace {

const pipeline::LevelDetector& detector() {
  static const pipeline::LevelDetector instance;
  return instance;
}

bool has_level(std::span<const core::MetadataPair> metadata) {
  return std::any_of(metadata.begin(), metadata.end(),
                     [](const core::MetadataPair& pair) { return pair.name == pipeline::kDetectedLevelLabel; });
}

}  // namespace

bool names_level(std::string_view query_text) {
  return query_text.find(pipeline::kDetectedLevelLabel) != std::string_view::npos;
}

std::span<const core::MetadataPair> LevelColumn::with_level(const core::Labels& stream,
                                                            std::span<const core::MetadataPair> metadata,
                                                            std::string_view line) {
  if (has_level(metadata)) return metadata;
  pairs_.assign(metadata.begin(), metadata.end());
  pairs_.push_back({pipeline::kDetectedLevelLabel, detector().detect(&stream, metadata, line)});
  return pairs_;
}

void add_level(const core::Labels& stream, std::span<const core::MetadataPair> stored, std::string_view line,
               std::vector<core::Label>& metadata) {
  const auto place =
      std::lower_bound(metadata.begin(), metadata.end(), pipeline::kDetectedLevelLabel,
                       [](const core::Label& label, std::string_view name) { return label.name < name; });
  if (place != metadata.end() && place->name == pipeline::kDetectedLevelLabel) return;
  metadata.insert(place,
                  {std::string(pipeline::kDetectedLevelLabel), std::string(detector().detect(&stream, stored, line))});
}

}  // namespace cordwood::exec
