// Loki's detected_level, as structured metadata that is worked out while a query runs.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/labels.h"
#include "core/record.h"

namespace cordwood::exec {

// Whether a query, as text, may look at the level. A string that happens to hold the name counts too: that costs time,
// not correctness.
bool names_level(std::string_view query_text);

// Not thread-safe.
class LevelColumn {
 public:
  // The row's metadata and its level, unless the sender gave one. Valid until the next call.
  std::span<const core::MetadataPair> with_level(const core::Labels& stream,
                                                 std::span<const core::MetadataPair> metadata, std::string_view line);

 private:
  std::vector<core::MetadataPair> pairs_;
};

// Adds the row's level to metadata that is sorted by name, unless there is one.
void add_level(const core::Labels& stream, std::span<const core::MetadataPair> stored, std::string_view line,
               std::vector<core::Label>& metadata);

}  // namespace cordwood::exec
