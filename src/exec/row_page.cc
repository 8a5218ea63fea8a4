#include "exec/row_page.h"

#include <algorithm>

namespace cordwood::exec {

std::size_t bytes_of(const core::Row& row) {
  std::size_t bytes = sizeof(core::Row) + row.line.capacity();
  for (const auto* labels : {&row.structured_metadata, &row.parsed}) {
    for (const core::Label& label : *labels) bytes += sizeof(core::Label) + label.name.size() + label.value.size();
  }
  return bytes;
}

RowPage::RowPage(core::Direction direction, std::size_t rows_max, std::size_t bytes_max,
                 std::optional<core::RowPosition> after)
    : direction_(direction),
      rows_max_(std::max<std::size_t>(rows_max, 1)),
      bytes_max_(bytes_max),
      after_(after),
      last_time_(direction == core::Direction::kForward ? core::UnixNanos::max().value : core::UnixNanos::min().value) {
}

bool RowPage::wants(const core::RowPosition& position) const {
  if (after_.has_value() && !before(*after_, position)) return false;
  const std::int64_t last = last_time_.load(std::memory_order_relaxed);
  return direction_ == core::Direction::kForward ? position.time.value <= last : position.time.value >= last;
}

bool RowPage::wants_any(const core::TimeSpan& span) const {
  const std::int64_t last = last_time_.load(std::memory_order_relaxed);
  if (direction_ == core::Direction::kForward) {
    return span.first.value <= last && !(after_.has_value() && span.last < after_->time);
  }
  return span.last.value >= last && !(after_.has_value() && span.first > after_->time);
}

void RowPage::add(std::vector<core::Row> rows) {
  base::MutexLock lock(mutex_);
  for (core::Row& row : rows) {
    if (last_.has_value() && before(*last_, row.position)) continue;
    bytes_ += bytes_of(row);
    rows_.push_back(std::move(row));
  }
  if (rows_.size() / 2 >= rows_max_ || bytes_ / 2 >= bytes_max_) prune();
}

// Cuts the rows to the limits and remembers the place of the last one.
void RowPage::prune() {
  const auto in_order = [this](const core::Row& a, const core::Row& b) { return before(a.position, b.position); };
  if (rows_.size() > rows_max_) {
    const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(rows_max_);
    std::nth_element(rows_.begin(), end - 1, rows_.end(), in_order);
    rows_.erase(end, rows_.end());
    last_ = rows_.back().position;
    bytes_ = 0;
    for (const core::Row& row : rows_) bytes_ += bytes_of(row);
  }
  if (bytes_ > bytes_max_) {
    std::sort(rows_.begin(), rows_.end(), in_order);
    std::size_t kept = 0;
    std::size_t kept_bytes = 0;
    while (kept < rows_.size() && (kept == 0 || kept_bytes + bytes_of(rows_[kept]) <= bytes_max_)) {
      kept_bytes += bytes_of(rows_[kept++]);
    }
    if (kept < rows_.size()) last_ = rows_[kept - 1].position;
    rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(kept), rows_.end());
    bytes_ = kept_bytes;
  }
  if (last_.has_value()) last_time_.store(last_->time.value, std::memory_order_relaxed);
}

RowPage::Result RowPage::take() {
  base::MutexLock lock(mutex_);
  prune();
  std::sort(rows_.begin(), rows_.end(),
            [this](const core::Row& a, const core::Row& b) { return before(a.position, b.position); });
  Result result{std::move(rows_), last_.has_value()};
  rows_.clear();
  return result;
}

}  // namespace cordwood::exec
