#include "store/retention/expirer.h"

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "store/commit.h"

namespace cordwood::store {

namespace {
constexpr base::nanoseconds kInterval = std::chrono::minutes(1);
}  // namespace

std::vector<catalog::PartRow> expired_parts(const std::vector<catalog::PartRow>& parts, const RetentionTable& retention,
                                            core::UnixNanos now) {
  std::vector<catalog::PartRow> out;
  for (const catalog::PartRow& part : parts) {
    const std::shared_ptr<const TenantRetention> rules = retention.of(part.tenant);
    if (rules == nullptr) continue;
    const base::nanoseconds keep = rules->keep_of(part.retention_class);
    if (keep.count() > 0 && part.times.last < now - keep) out.push_back(part);
  }
  return out;
}

std::vector<catalog::PartRow> parts_over_budget(std::vector<catalog::PartRow> parts, std::uint64_t budget_bytes) {
  std::map<core::TenantId, std::uint64_t> tenants;
  std::uint64_t bytes = 0;
  for (const catalog::PartRow& part : parts) {
    tenants[part.tenant] += part.stored_bytes;
    bytes += part.stored_bytes;
  }
  std::vector<catalog::PartRow> out;
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
    return std::tie(a.partition_day, a.times.last, a.id) < std::tie(b.partition_day, b.times.last, b.id);
  });
  while (bytes > budget_bytes && !parts.empty()) {
    // All shares are equal, so the one with the most is furthest over its share.
    const auto most = std::max_element(tenants.begin(), tenants.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const auto of_tenant = [&most](const catalog::PartRow& part) { return part.tenant == most->first; };
    const auto oldest = std::find_if(parts.begin(), parts.end(), of_tenant);
    const std::int32_t day = oldest->partition_day;
    const bool last_day = std::none_of(parts.begin(), parts.end(), [&](const catalog::PartRow& part) {
      return of_tenant(part) && part.partition_day != day;
    });
    for (auto part = oldest; part != parts.end();) {
      if (!of_tenant(*part) || part->partition_day != day || (last_day && bytes <= budget_bytes)) {
        ++part;
        continue;
      }
      bytes -= part->stored_bytes;
      most->second -= part->stored_bytes;
      out.push_back(*part);
      part = parts.erase(part);
    }
  }
  return out;
}

base::Task<void> Expirer::run() {
  while (!state_.stopping.is_set()) {
    co_await state_.stopping.wait_for(kInterval);
    if (state_.stopping.is_set()) break;
    base::Status status = co_await expire();
    if (!status.ok())
      base::log_warn("retention: old segments not dropped, trying again: error=\"{}\"", status.ToString());
  }
}

base::Task<base::Status> Expirer::expire() {
  std::vector<catalog::PartRow> expired;
  std::vector<catalog::PartRow> over;
  {
    base::MutexLock lock(state_.mutex);
    std::vector<catalog::PartRow> parts;
    for (const auto& list : state_.parts.all()) {
      for (const auto& part : *list) parts.push_back(*part);
    }
    expired = expired_parts(parts, state_.retention, state_.executor().clock().now());
    std::erase_if(parts, [&expired](const catalog::PartRow& part) {
      return std::any_of(expired.begin(), expired.end(), [&part](const auto& one) { return one.id == part.id; });
    });
    over = parts_over_budget(std::move(parts), state_.disk_budget_bytes);
  }
  base::Status status = co_await drop(std::move(expired), "retention");
  if (!status.ok()) co_return status;
  co_return co_await drop(std::move(over), "disk_budget");
}

// The publish point is the commit; objects stay until snapshot_life has passed (sweep).
base::Task<base::Status> Expirer::drop(std::vector<catalog::PartRow> parts, std::string_view why) {
  if (parts.empty()) co_return base::ok_status();
  base::StatusOr<catalog::LeaseGuard> guard = co_await lease_.hold();
  if (!guard.ok()) co_return guard.status();
  catalog::Change change;
  change.guard = *guard;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  for (const catalog::PartRow& part : parts) {
    change.remove_parts.push_back(part.id);
    records += part.records;
    bytes += part.stored_bytes;
  }
  std::vector<catalog::PartId> removed = change.remove_parts;
  base::StatusOr<std::vector<catalog::PartId>> ids = co_await commit_change(state_, std::move(change));
  if (!ids.ok()) co_return ids.status();
  {
    base::MutexLock lock(state_.mutex);
    state_.parts.replace(removed, {});
  }
  (why == "retention" ? state_.metrics.expired_records : state_.metrics.budget_records).add(records);
  base::log_info("old segments dropped: why={} segments={} records={} bytes={} newest_day={}", why, parts.size(),
                 records, bytes, parts.back().partition_day);
  co_return base::ok_status();
}

}  // namespace cordwood::store
