#include "base/memory_budget.h"

#include <algorithm>

namespace cordwood::base {

MemoryReservation& MemoryReservation::operator=(MemoryReservation&& other) noexcept {
  if (this != &other) {
    if (budget_ != nullptr) budget_->give_back(bytes_);
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

MemoryReservation::~MemoryReservation() {
  if (budget_ != nullptr) budget_->give_back(bytes_);
}

Status MemoryReservation::grow(std::size_t by) {
  if (budget_ == nullptr) return failed_precondition_error("memory reservation without a budget");
  if (!budget_->take(by)) return budget_->spent(by);
  bytes_ += by;
  return ok_status();
}

void MemoryReservation::shrink(std::size_t by) {
  by = std::min(by, bytes_);
  bytes_ -= by;
  if (budget_ != nullptr) budget_->give_back(by);
}

bool MemoryBudget::take(std::size_t bytes) {
  std::size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > bytes_max_ || used > bytes_max_ - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

Status MemoryBudget::spent(std::size_t wanted) const {
  return resource_exhausted_error("memory budget of {} is spent: wanted_bytes={} used_bytes={} budget_bytes={}", name_,
                                  wanted, used(), bytes_max_);
}

StatusOr<MemoryReservation> MemoryBudget::reserve(std::size_t bytes) {
  if (!take(bytes)) return spent(bytes);
  return MemoryReservation(this, bytes);
}

}  // namespace cordwood::base
