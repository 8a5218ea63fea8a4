// One compiled stage.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "pipeline/labels_builder.h"

namespace cordwood::pipeline {

// Immutable, so threads share it; everything that belongs to a row is in the LabelsBuilder.
class Stage {
 public:
  virtual ~Stage() = default;
  // False drops the row. `line` may be replaced by bytes that live as long as the row (labels.arena()).
  virtual bool process(base::UnixNanos time, std::string_view& line, LabelsBuilder& labels) const = 0;
  // Appends the names of labels that the stage reads.
  virtual void append_required_labels(std::vector<std::string>& names) const { static_cast<void>(names); }
};

}  // namespace cordwood::pipeline
