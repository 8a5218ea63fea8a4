// PartProvider over parts given beforehand: the twin for tests.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "query/part_provider.h"

namespace cordwood::query {

class FixedParts final : public PartProvider {
 public:
  explicit FixedParts(std::vector<std::shared_ptr<const segment::Part>> parts) : parts_(std::move(parts)) {}
  base::Task<base::StatusOr<PartSet>> parts(core::TenantId, core::TimeRange) override {
    ++asked_;
    PartSet set{parts_, {}};
    co_return std::move(set);
  }
  // How often parts were asked for.
  int asked() const { return asked_; }

 private:
  const std::vector<std::shared_ptr<const segment::Part>> parts_;
  int asked_ = 0;
};

}  // namespace cordwood::query
