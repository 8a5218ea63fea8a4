#include "store/rules.h"

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "store/commit.h"

namespace cordwood::store {

namespace {

constexpr base::nanoseconds kAskAgain = std::chrono::seconds(1);

std::string id_text(std::uint64_t id) {
  return std::to_string(id);
}

// Saving is idempotent, so an answer that was lost is asked for again until it is known.
base::Task<base::Status> save_deletion(StoreState& state, catalog::DeletionRow row) {
  while (true) {
    catalog::DeletionRow copy = row;
    base::Status saved = co_await state.deps.catalog->save_deletion(std::move(copy));
    if (saved.code() != base::StatusCode::kUnavailable) co_return saved;
    if (state.stopping.is_set())
      co_return base::make_status(kOutcomeUnknown, "closing before the catalog has answered");
    co_await state.stopping.wait_for(kAskAgain);
  }
}

bool has_parts_of_class(const StoreState& state, const core::TenantId& tenant, std::uint32_t retention_class)
    REQUIRES(state.mutex) {
  const std::shared_ptr<const PartList> parts = state.parts.of(tenant);
  if (parts == nullptr) return false;
  return std::any_of(parts->begin(), parts->end(),
                     [=](const auto& part) { return part->retention_class == retention_class; });
}

std::vector<TenantRetention::Rule> rules_of(const StoreState& state, const core::TenantId& tenant)
    REQUIRES(state.mutex) {
  const std::shared_ptr<const TenantRetention> retention = state.retention.of(tenant);
  return retention == nullptr ? std::vector<TenantRetention::Rule>() : retention->rules();
}

void put_rule(StoreState& state, TenantRetention::Rule rule) {
  base::MutexLock lock(state.mutex);
  std::vector<TenantRetention::Rule> rules = rules_of(state, rule.row.tenant);
  std::erase_if(rules, [&rule](const auto& one) { return one.row.retention_class == rule.row.retention_class; });
  const core::TenantId tenant = rule.row.tenant;
  rules.push_back(std::move(rule));
  std::sort(rules.begin(), rules.end(),
            [](const auto& a, const auto& b) { return a.row.retention_class < b.row.retention_class; });
  state.retention.set(tenant, std::move(rules));
}

// The class of the rule with this selector, or a free one: of the retired ones only those that no segment has.
base::StatusOr<std::uint32_t> class_for(const StoreState& state, const core::RetentionRule& rule) {
  if (rule.selector.empty()) return 0;
  base::MutexLock lock(state.mutex);
  const std::vector<TenantRetention::Rule> rules = rules_of(state, rule.tenant);
  for (const auto& one : rules) {
    if (one.row.selector == rule.selector) return one.row.retention_class;
  }
  for (std::uint32_t c = 1; c <= core::kRetentionRulesMax; ++c) {
    const auto taken =
        std::find_if(rules.begin(), rules.end(), [c](const auto& one) { return one.row.retention_class == c; });
    if (taken != rules.end() && !taken->row.retired) continue;
    if (!has_parts_of_class(state, rule.tenant, c)) return c;
  }
  return base::resource_exhausted_error("tenant {} has {} retention rules, or segments of rules that are gone: no more",
                                        rule.tenant.value, core::kRetentionRulesMax);
}

}  // namespace

base::StatusOr<std::shared_ptr<const core::RecordSelector>> compile_selector(const StoreState& state,
                                                                             std::string_view query) {
  if (state.deps.selectors == nullptr) return base::unimplemented_error("this store knows no selectors");
  return state.deps.selectors->compile(query);
}

base::Task<base::StatusOr<std::uint64_t>> begin_deletion(StoreState& state, core::DeletionRequest request) {
  base::StatusOr<std::shared_ptr<const core::RecordSelector>> selector = compile_selector(state, request.query);
  if (!selector.ok()) co_return selector.status();
  if (request.range.empty()) co_return base::invalid_argument_error("the range is empty");
  catalog::DeletionRow row;
  row.tenant = std::move(request.tenant);
  row.query = std::move(request.query);
  row.range = request.range;
  row.created = state.executor().clock().now();
  row.node = state.options.node;
  {
    // Rows that are stored from here on are not meant, also when they are replayed.
    base::MutexLock lock(state.mutex);
    row.id = state.deletions.begin();
    state.deletions.begin_pending(row.id);
    row.sequence = state.published;
  }
  catalog::DeletionRow copy = row;
  base::Status saved = co_await save_deletion(state, std::move(copy));
  base::MutexLock lock(state.mutex);
  if (!saved.ok()) {
    state.deletions.roll_back(row.id);
    co_return saved;
  }
  const std::uint64_t id = row.id;
  base::log_info("deletion: id={} tenant={} query={}", id, row.tenant.value, row.query);
  state.deletions.activate(std::make_shared<const Deletion>(Deletion{std::move(row), *std::move(selector)}));
  state.metrics.deletions_waiting.set(static_cast<std::int64_t>(state.deletions.waiting()));
  state.erase_wanted.set();
  co_return id;
}

base::Task<base::Status> cancel_deletion(StoreState& state, core::TenantId tenant, std::string id) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), number);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == id.data() + id.size();
  {
    base::MutexLock lock(state.mutex);
    const catalog::DeletionRow* row = is_number ? state.deletions.find(number) : nullptr;
    if (row == nullptr || row->tenant != tenant) co_return base::not_found_error("deletion {}: there is none", id);
    if (row->removed.has_value() || row->records_removed > 0 || state.deletions.is_removal_begun(number)) {
      co_return base::failed_precondition_error("deletion {}: records have been removed from storage already", id);
    }
  }
  base::Status forgotten = co_await state.deps.catalog->forget_deletion(number);
  if (!forgotten.ok()) co_return forgotten;
  base::MutexLock lock(state.mutex);
  state.deletions.cancel(number);
  state.metrics.deletions_waiting.set(static_cast<std::int64_t>(state.deletions.waiting()));
  co_return base::ok_status();
}

std::vector<core::DeletionStatus> list_deletions(StoreState& state, const core::TenantId& tenant) {
  std::vector<core::DeletionStatus> out;
  base::MutexLock lock(state.mutex);
  const std::shared_ptr<const PartList> parts = state.parts.of(tenant);
  for (catalog::DeletionRow& row : state.deletions.rows(tenant)) {
    core::DeletionStatus status;
    status.id = id_text(row.id);
    status.created = row.created;
    status.records_removed = row.records_removed;
    status.removed = row.removed;
    status.state = row.removed.has_value() ? core::DeletionState::kRemoved : core::DeletionState::kHidden;
    for (std::size_t i = 0; parts != nullptr && !row.removed.has_value() && i < parts->size(); ++i) {
      const catalog::PartRow& part = *(*parts)[i];
      if (part.deletions_applied < row.id && part.times.overlaps(row.range)) ++status.parts_waiting;
    }
    status.request = {std::move(row.tenant), std::move(row.query), row.range};
    out.push_back(std::move(status));
  }
  return out;
}

base::Status restore_retention(StoreState& state, std::vector<catalog::RetentionRow> rows) {
  std::map<core::TenantId, std::vector<TenantRetention::Rule>> tenants;
  for (catalog::RetentionRow& row : rows) {
    TenantRetention::Rule rule{std::move(row), nullptr};
    if (!rule.row.selector.empty() && !rule.row.retired) {
      base::StatusOr<std::shared_ptr<const core::RecordSelector>> selector = compile_selector(state, rule.row.selector);
      if (!selector.ok()) return base::annotate(selector.status(), "retention rule " + rule.row.selector);
      rule.selector = *std::move(selector);
    }
    tenants[rule.row.tenant].push_back(std::move(rule));
  }
  for (auto& [tenant, rules] : tenants) state.retention.set(tenant, std::move(rules));
  return base::ok_status();
}

std::vector<core::RetentionRule> list_retention(StoreState& state, const core::TenantId& tenant) {
  std::vector<core::RetentionRule> out;
  base::MutexLock lock(state.mutex);
  std::optional<core::RetentionRule> others;
  for (const TenantRetention::Rule& rule : rules_of(state, tenant)) {
    if (rule.row.retired) continue;
    const core::RetentionRule one{tenant, rule.row.selector, rule.row.keep, rule.row.retention_class};
    if (one.retention_class == 0) {
      others = one;
    } else {
      out.push_back(one);
    }
  }
  if (others.has_value()) out.push_back(*others);
  return out;
}

base::Task<base::Status> set_retention(StoreState& state, core::RetentionRule rule) {
  if (rule.keep.count() < 0) co_return base::invalid_argument_error("a time to keep is not negative");
  std::shared_ptr<const core::RecordSelector> selector;
  if (!rule.selector.empty()) {
    base::StatusOr<std::shared_ptr<const core::RecordSelector>> compiled = compile_selector(state, rule.selector);
    if (!compiled.ok()) co_return compiled.status();
    selector = *std::move(compiled);
    if (!selector->picks_whole_streams()) {
      co_return base::invalid_argument_error("retention goes by streams: a selector without filters is wanted");
    }
  }
  const base::StatusOr<std::uint32_t> retention_class = class_for(state, rule);
  if (!retention_class.ok()) co_return retention_class.status();
  catalog::RetentionRow row{rule.tenant, *retention_class, rule.selector, rule.keep, false};
  catalog::RetentionRow copy = row;
  base::Status saved = co_await state.deps.catalog->save_retention(std::move(copy));
  if (!saved.ok()) co_return saved;
  put_rule(state, {std::move(row), std::move(selector)});
  co_return saved;
}

base::Task<base::Status> remove_retention(StoreState& state, core::TenantId tenant, std::string selector) {
  std::optional<catalog::RetentionRow> row;
  {
    base::MutexLock lock(state.mutex);
    for (const TenantRetention::Rule& rule : rules_of(state, tenant)) {
      if (rule.row.selector == selector && !rule.row.retired) row = rule.row;
    }
  }
  if (!row.has_value())
    co_return base::not_found_error("there is no retention rule with the selector \"{}\"", selector);
  // Its segments stay what they are, and follow the rule without a selector from now on.
  row->retired = true;
  row->keep = base::nanoseconds{0};
  catalog::RetentionRow copy = *row;
  base::Status saved = co_await state.deps.catalog->save_retention(std::move(copy));
  if (saved.ok()) put_rule(state, {*std::move(row), nullptr});
  co_return saved;
}

}  // namespace cordwood::store
