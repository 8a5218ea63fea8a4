// Numbers for label sets, in the order in which they were first seen.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "core/labels.h"
#include "pipeline/labels_builder.h"

namespace cordwood::exec {

using pipeline::LabelView;

// Not thread-safe.
class SeriesTable {
 public:
  // `labels` sorted by name, names unique. An empty value is a label like any other.
  std::uint32_t intern(std::span<const LabelView> labels);
  std::uint32_t intern(const core::Labels& labels);

  std::size_t size() const { return labels_.size(); }
  const core::Labels& labels(std::uint32_t series) const { return labels_[series]; }
  // Memory taken by the label sets, an estimate.
  std::size_t bytes() const { return bytes_; }

 private:
  std::uint32_t intern_key(std::span<const LabelView> labels);

  base::StringMap<std::uint32_t> ids_;
  std::vector<core::Labels> labels_;
  std::size_t bytes_ = 0;
  std::string key_;  // reused
  std::string last_key_;
  std::uint32_t last_id_ = 0;
  std::vector<LabelView> views_;  // reused
};

}  // namespace cordwood::exec
