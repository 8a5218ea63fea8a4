// A bound on memory that several owners share. Whoever is about to take much memory reserves it first and is refused,
// or waits, when the budget is spent. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "base/status.h"

namespace cordwood::base {

class MemoryBudget;

// Gives its bytes back when destroyed. Movable. The budget must outlive it.
class MemoryReservation {
 public:
  MemoryReservation() = default;
  MemoryReservation(MemoryReservation&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryReservation& operator=(MemoryReservation&& other) noexcept;
  ~MemoryReservation();
  std::size_t bytes() const { return bytes_; }
  // Grows the reservation, or fails with ResourceExhausted and stays as it was.
  Status grow(std::size_t by);
  void shrink(std::size_t by);

 private:
  friend class MemoryBudget;
  MemoryReservation(MemoryBudget* budget, std::size_t bytes) : budget_(budget), bytes_(bytes) {}
  MemoryBudget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

class MemoryBudget {
 public:
  // `name` appears in the error text: "memory budget of <name> is spent".
  MemoryBudget(std::string_view name, std::size_t bytes_max) : name_(name), bytes_max_(bytes_max) {}
  StatusOr<MemoryReservation> reserve(std::size_t bytes);
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t bytes_max() const { return bytes_max_; }

 private:
  friend class MemoryReservation;
  bool take(std::size_t bytes);
  void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  Status spent(std::size_t wanted) const;
  const std::string name_;
  const std::size_t bytes_max_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace cordwood::base
