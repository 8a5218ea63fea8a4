#include "api/push_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cordwood::api {
namespace {

// A stream that was not written for so long is no longer active.
constexpr base::nanoseconds kStreamActive = std::chrono::hours(2);

// What may come at once.
std::uint64_t burst_of(const core::Limits& limits) {
  return limits.ingestion_burst_bytes != 0 ? limits.ingestion_burst_bytes : limits.ingestion_rate_bytes;
}

std::uint64_t short_id(const core::StreamId& id) {
  return id.value.lo;
}

}  // namespace

PushGate::PushGate(base::MetricsRegistry& metrics, const core::Limits& limits)
    : limits_(limits),
      refused_(metrics.counter("cordwood_push_limited_total", "Pushes answered 429, or told to wait, by a limit.")) {}

PushGate::Refusal PushGate::admit(const core::TenantId& tenant, const core::RecordBatch& batch,
                                  base::MonotonicNanos now) {
  if (limits_.ingestion_rate_bytes == 0 && limits_.streams_per_tenant_max == 0) return {};
  base::MutexLock lock(mutex_);
  Tenant& state = tenants_[tenant];
  // Streams first: what is refused for them costs no allowance.
  Refusal refusal = check_streams(state, tenant, batch, now);
  if (!refusal.refused()) refusal = check_rate(state, tenant, batch, now);
  if (refusal.refused()) refused_.add();
  return refusal;
}

PushGate::Refusal PushGate::check_rate(Tenant& state, const core::TenantId& tenant, const core::RecordBatch& batch,
                                       base::MonotonicNanos now) const {
  if (limits_.ingestion_rate_bytes == 0) return {};
  const auto rate = static_cast<double>(limits_.ingestion_rate_bytes);
  const auto burst = static_cast<double>(burst_of(limits_));
  if (state.filled.value == INT64_MIN) {
    state.allowance = burst;
  } else {
    const double seconds = static_cast<double>((now - state.filled).count()) * 1e-9;
    state.allowance = std::min(burst, state.allowance + seconds * rate);
  }
  state.filled = now;
  const auto bytes = static_cast<double>(batch.line_bytes());
  // A batch larger than the burst waits for a full allowance, or it could never be stored.
  const double needed = std::min(bytes, burst);
  if (state.allowance >= needed) {
    state.allowance -= bytes;
    return {};
  }
  const double wait = std::ceil((needed - state.allowance) / rate);
  return {fmt::format("Ingestion rate limit exceeded for user {} (limit: {} bytes/sec) while attempting to ingest '{}' "
                      "lines totaling '{}' bytes, reduce log volume or contact your Loki administrator to see if the "
                      "limit can be increased",
                      tenant.value, limits_.ingestion_rate_bytes, batch.records.size(), batch.line_bytes()),
          std::chrono::seconds(static_cast<std::int64_t>(std::max(1.0, wait)))};
}

PushGate::Refusal PushGate::check_streams(Tenant& state, const core::TenantId& tenant, const core::RecordBatch& batch,
                                          base::MonotonicNanos now) const {
  if (limits_.streams_per_tenant_max == 0) return {};
  while (!state.order.empty() && now - state.order.front().first > kStreamActive) {
    const auto [time, id] = state.order.front();
    state.order.pop_front();
    const auto it = state.streams.find(id);
    if (it != state.streams.end() && it->second == time) state.streams.erase(it);
  }
  std::size_t added = 0;
  for (const core::BatchStream& stream : batch.streams) {
    if (state.streams.contains(short_id(stream.id)) ||
        state.streams.size() + ++added <= limits_.streams_per_tenant_max) {
      continue;
    }
    return {fmt::format("Maximum active stream limit exceeded when trying to create stream {}, reduce the number of "
                        "active streams (reduce labels or reduce label values), or contact your Loki administrator to "
                        "see if the limit can be increased, user: '{}'",
                        stream.labels->to_text(), tenant.value),
            std::chrono::minutes(1)};
  }
  for (const core::BatchStream& stream : batch.streams) {
    base::MonotonicNanos& last = state.streams[short_id(stream.id)];
    // Noted once a minute, so that `order` is bounded by the streams.
    if (last.value != 0 && now - last < std::chrono::minutes(1)) continue;
    last = now;
    state.order.emplace_back(now, short_id(stream.id));
  }
  return {};
}

}  // namespace cordwood::api
