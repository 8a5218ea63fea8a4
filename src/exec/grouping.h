// The label sets that `by (...)` and `without (...)` leave.
#pragma once

#include <optional>

#include "core/labels.h"
#include "logql/ast.h"

namespace cordwood::exec {

// No grouping is one group without labels.
core::Labels group_labels(const core::Labels& labels, const std::optional<logql::Grouping>& grouping);
core::Labels keep_labels(const core::Labels& labels, const std::vector<std::string>& names);
core::Labels drop_labels(const core::Labels& labels, const std::vector<std::string>& names);

}  // namespace cordwood::exec
