#include "store/retention/retention_table.h"

namespace cordwood::store {

std::uint32_t TenantRetention::class_of(const core::Labels& labels) const {
  for (const Rule& rule : rules_) {
    if (rule.selector != nullptr && rule.selector->matches(labels)) return rule.row.retention_class;
  }
  return 0;
}

base::nanoseconds TenantRetention::keep_of(std::uint32_t retention_class) const {
  base::nanoseconds others{0};
  for (const Rule& rule : rules_) {
    if (rule.row.retention_class == 0) others = rule.row.keep;
    if (rule.row.retention_class == retention_class && !rule.row.retired) return rule.row.keep;
  }
  return others;
}

void RetentionTable::set(const core::TenantId& tenant, std::vector<TenantRetention::Rule> rules) {
  if (rules.empty()) {
    tenants_.erase(tenant);
  } else {
    tenants_[tenant] = std::make_shared<const TenantRetention>(std::move(rules));
  }
}

std::shared_ptr<const TenantRetention> RetentionTable::of(const core::TenantId& tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? nullptr : found->second;
}

}  // namespace cordwood::store
