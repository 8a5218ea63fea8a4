#include "io/http_body_budget.h"

namespace cordwood::io {

bool HttpBodyBudget::try_take(std::uint64_t bytes) {
  base::MutexLock lock(mutex_);
  if (!waiters_.empty() || free_ < bytes) return false;
  free_ -= bytes;
  return true;
}

void HttpBodyBudget::wait(const std::shared_ptr<Waiter>& waiter) {
  {
    base::MutexLock lock(mutex_);
    if (!waiters_.empty() || free_ < waiter->bytes) {
      waiters_.push_back(waiter);
      return;
    }
    free_ -= waiter->bytes;
    waiter->done = true;
  }
  waiter->granted();
}

bool HttpBodyBudget::stop_waiting(const std::shared_ptr<Waiter>& waiter) {
  std::vector<std::shared_ptr<Waiter>> granted;
  {
    base::MutexLock lock(mutex_);
    if (waiter->done) return true;
    std::erase(waiters_, waiter);
    granted = take_ready();
  }
  for (const auto& next : granted) next->granted();
  return false;
}

void HttpBodyBudget::give_back(std::uint64_t bytes) {
  std::vector<std::shared_ptr<Waiter>> granted;
  {
    base::MutexLock lock(mutex_);
    free_ += bytes;
    granted = take_ready();
  }
  for (const auto& waiter : granted) waiter->granted();
}

std::vector<std::shared_ptr<HttpBodyBudget::Waiter>> HttpBodyBudget::take_ready() {
  std::vector<std::shared_ptr<Waiter>> ready;
  while (!waiters_.empty() && waiters_.front()->bytes <= free_) {
    free_ -= waiters_.front()->bytes;
    waiters_.front()->done = true;
    ready.push_back(std::move(waiters_.front()));
    waiters_.pop_front();
  }
  return ready;
}

std::uint64_t HttpBodyBudget::used() const {
  base::MutexLock lock(mutex_);
  return total_ - free_;
}

}  // namespace cordwood::io
