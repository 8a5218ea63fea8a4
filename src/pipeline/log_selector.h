// LogQL behind core::RecordSelector.
#pragma once

#include "core/record_selector.h"

namespace cordwood::pipeline {

class LogSelectorCompiler final : public core::SelectorCompiler {
 public:
  base::StatusOr<std::shared_ptr<const core::RecordSelector>> compile(std::string_view query) const override;
};

}  // namespace cordwood::pipeline
