// RetentionTable: how long what is kept. A rule has a class (1 to 7; 0 is the rule without a selector), which is part
// of a segment's key and chosen at flush, so that expiry drops whole segments and reads nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/hash_map.h"
#include "catalog/catalog.h"
#include "core/labels.h"
#include "core/record_selector.h"
#include "core/store_admin.h"

namespace cordwood::store {

// The rules of one tenant. Immutable; classes are remembered by stream, so one flush at a time asks it.
class TenantRetention {
 public:
  struct Rule {
    catalog::RetentionRow row;
    std::shared_ptr<const core::RecordSelector> selector;  // null for class 0 and retired ones
  };
  explicit TenantRetention(std::vector<Rule> rules) : rules_(std::move(rules)) {}
  const std::vector<Rule>& rules() const { return rules_; }  // by class
  std::uint32_t class_of(const core::Labels& labels) const;
  // 0: no limit.
  base::nanoseconds keep_of(std::uint32_t retention_class) const;

 private:
  const std::vector<Rule> rules_;
};

// Not thread-safe: the store's mutex guards it.
class RetentionTable {
 public:
  void set(const core::TenantId& tenant, std::vector<TenantRetention::Rule> rules);
  // Null when the tenant has no rule.
  std::shared_ptr<const TenantRetention> of(const core::TenantId& tenant) const;

 private:
  std::map<core::TenantId, std::shared_ptr<const TenantRetention>> tenants_;
};

}  // namespace cordwood::store
