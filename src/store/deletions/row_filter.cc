#include "store/deletions/row_filter.h"

#include <algorithm>

namespace cordwood::store {

void RowFilter::begin_stream(const core::Labels& labels) {
  here_.clear();
  for (std::size_t i = 0; i < deletions_.size(); ++i) {
    const core::RecordSelector& selector = *deletions_[i]->selector;
    if (!selector.matches(labels)) continue;
    here_.push_back({i, selector.picks_whole_streams() ? nullptr : selector.picker(labels)});
  }
}

bool RowFilter::is_deleted(core::UnixNanos time, std::string_view line, std::span<const core::MetadataPair> metadata) {
  for (Here& here : here_) {
    if (!deletions_[here.deletion]->row.range.contains(time)) continue;
    if (here.picker != nullptr && !here.picker->picks(time, line, metadata)) continue;
    ++counts_[here.deletion];
    return true;
  }
  return false;
}

std::uint64_t RowFilter::count() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts_) sum += count;
  return sum;
}

void RowFilter::add_counts(std::vector<catalog::Change::Removed>& out) const {
  for (std::size_t i = 0; i < deletions_.size(); ++i) {
    if (counts_[i] > 0) out.push_back({deletions_[i]->row.id, counts_[i]});
  }
}

}  // namespace cordwood::store
