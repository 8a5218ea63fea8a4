#include "exec/grouping.h"

#include <algorithm>

namespace cordwood::exec {
namespace {

core::Labels select(const core::Labels& labels, const std::vector<std::string>& names, bool wanted) {
  std::vector<core::Label> kept;
  for (const core::Label& label : labels.all()) {
    const bool listed = std::find(names.begin(), names.end(), label.name) != names.end();
    if (listed == wanted) kept.push_back(label);
  }
  return core::Labels(std::move(kept));
}

}  // namespace

core::Labels keep_labels(const core::Labels& labels, const std::vector<std::string>& names) {
  return select(labels, names, true);
}

core::Labels drop_labels(const core::Labels& labels, const std::vector<std::string>& names) {
  return select(labels, names, false);
}

core::Labels group_labels(const core::Labels& labels, const std::optional<logql::Grouping>& grouping) {
  if (!grouping.has_value()) return {};
  return grouping->without ? drop_labels(labels, grouping->labels) : keep_labels(labels, grouping->labels);
}

}  // namespace cordwood::exec
