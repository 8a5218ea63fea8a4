#include "api/query_gate.h"

#include <algorithm>

namespace cordwood::api {
namespace {

// How long a client that left may keep its place in the line.
constexpr base::nanoseconds kLookAtClient = std::chrono::milliseconds(250);

std::size_t share_of(std::size_t running_max, const core::Limits& limits) {
  const std::size_t share = std::max<std::size_t>(running_max - running_max / 4, 1);
  return std::min<std::size_t>(share, std::max<std::uint32_t>(limits.queries_running_max, 1));
}

}  // namespace

QueryPermit& QueryPermit::operator=(QueryPermit&& other) noexcept {
  if (this != &other) {
    give_back();
    gate_ = std::exchange(other.gate_, nullptr);
    tenant_ = std::move(other.tenant_);
  }
  return *this;
}

void QueryPermit::give_back() {
  if (gate_ != nullptr) std::exchange(gate_, nullptr)->give_back(tenant_);
}

QueryGate::QueryGate(base::Executor& executor, base::MetricsRegistry& metrics, std::size_t running_max,
                     const core::Limits& limits)
    : executor_(executor),
      running_max_(std::max<std::size_t>(running_max, 1)),
      tenant_running_max_(share_of(running_max_, limits)),
      tenant_waiting_max_(limits.queries_waiting_max),
      running_gauge_(metrics.gauge("cordwood_queries_running", "Queries that run at the moment.")),
      waiting_gauge_(metrics.gauge("cordwood_queries_waiting", "Queries that wait for their turn.")),
      refused_(metrics.counter("cordwood_queries_refused_total", "Queries answered 429, because too many waited.")),
      wait_(metrics.histogram("cordwood_query_wait_seconds", "Time that queries waited for their turn.")) {}

bool QueryGate::enter_now(const core::TenantId& tenant, std::shared_ptr<Waiter>& waiter) {
  base::MutexLock lock(mutex_);
  Tenant& of = tenants_[tenant];
  if (running_ < running_max_ && of.running < tenant_running_max_ && of.waiting.empty()) {
    ++running_;
    ++of.running;
    running_gauge_.set(static_cast<std::int64_t>(running_));
    return true;
  }
  if (of.waiting.size() >= tenant_waiting_max_) return false;
  waiter = std::make_shared<Waiter>(executor_);
  if (of.waiting.empty()) turns_.push_back(tenant);
  of.waiting.push_back(waiter);
  waiting_gauge_.add(1);
  return false;
}

bool QueryGate::leave_line(const core::TenantId& tenant, const std::shared_ptr<Waiter>& waiter) {
  base::MutexLock lock(mutex_);
  Tenant& of = tenants_[tenant];
  const auto place = std::find(of.waiting.begin(), of.waiting.end(), waiter);
  if (place == of.waiting.end()) return false;
  of.waiting.erase(place);
  waiting_gauge_.add(-1);
  if (of.waiting.empty()) {
    std::erase(turns_, tenant);
    if (of.running == 0) tenants_.erase(tenant);
  }
  return true;
}

base::Task<base::StatusOr<QueryPermit>> QueryGate::enter(core::TenantId tenant, base::CancelToken cancel) {
  const base::MonotonicNanos began = executor_.clock().monotonic();
  std::shared_ptr<Waiter> waiter;
  const bool entered = enter_now(tenant, waiter);
  if (!entered && waiter == nullptr) {
    refused_.add();
    co_return base::resource_exhausted_error("too many outstanding requests");
  }
  bool granted = entered;
  while (!granted) {
    granted = co_await waiter->granted.wait_for(kLookAtClient);
    if (granted || !cancel.cancelled()) continue;
    // When it was granted at this very moment the permit is given back below.
    if (leave_line(tenant, waiter)) co_return base::cancelled_error("the request was cancelled by the client");
    granted = true;
  }
  wait_.observe_nanos((executor_.clock().monotonic() - began).count());
  co_return QueryPermit(this, std::move(tenant));
}

void QueryGate::give_back(const core::TenantId& tenant) {
  base::MutexLock lock(mutex_);
  --running_;
  Tenant& of = tenants_[tenant];
  --of.running;
  if (of.running == 0 && of.waiting.empty()) tenants_.erase(tenant);
  grant_next();
  running_gauge_.set(static_cast<std::int64_t>(running_));
}

// Goes once around the tenants that wait, beginning with the one whose turn it is.
void QueryGate::grant_next() {
  for (std::size_t looked_at = turns_.size(); looked_at > 0 && running_ < running_max_; --looked_at) {
    const core::TenantId tenant = std::move(turns_.front());
    turns_.pop_front();
    Tenant& of = tenants_[tenant];
    if (of.running < tenant_running_max_) {
      const std::shared_ptr<Waiter> next = std::move(of.waiting.front());
      of.waiting.pop_front();
      waiting_gauge_.add(-1);
      ++of.running;
      ++running_;
      next->granted.set();
    }
    if (!of.waiting.empty()) turns_.push_back(tenant);
  }
}

}  // namespace cordwood::api
