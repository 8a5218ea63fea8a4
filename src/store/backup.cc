#include "store/backup.h"

namespace cordwood::store {

namespace {
constexpr const char* kLease = "object removal";
constexpr std::string_view kBackupPrefix = "backup-";
constexpr base::nanoseconds kRemovalLasts = std::chrono::minutes(5);
constexpr base::nanoseconds kAskAgain = std::chrono::seconds(1);

base::Task<base::StatusOr<catalog::Lease>> take_lease(StoreState& state, std::string holder, base::nanoseconds lasts) {
  std::string name = kLease;
  co_return co_await state.deps.catalog->acquire_lease(std::move(name), std::move(holder),
                                                       state.executor().clock().now(), lasts);
}

std::string remover(const StoreState& state) {
  return "sweep of " + state.options.node;
}
}  // namespace

base::Task<base::StatusOr<bool>> begin_removal(StoreState& state) {
  base::StatusOr<catalog::Lease> lease = co_await take_lease(state, remover(state), kRemovalLasts);
  if (!lease.ok()) co_return lease.status();
  co_return lease->holder == remover(state);
}

base::Task<void> end_removal(StoreState& state) {
  std::string name = kLease;
  base::Status released = co_await state.deps.catalog->release_lease(std::move(name), remover(state));
  released.IgnoreError();  // it expires by itself
}

base::Task<base::StatusOr<core::BackupFacts>> begin_backup(StoreState& state, Flusher& flusher,
                                                           base::nanoseconds lasts) {
  if (lasts.count() <= 0) co_return base::invalid_argument_error("a backup lasts some time");
  core::BackupFacts facts;
  facts.id = std::string(kBackupPrefix) + base::to_hex(state.deps.random->next_id());
  base::StatusOr<catalog::Lease> lease = co_await take_lease(state, facts.id, lasts);
  while (lease.ok() && lease->holder != facts.id) {
    if (lease->holder.starts_with(kBackupPrefix)) {
      co_return base::failed_precondition_error("{} is under way: end it first, or wait until it has expired",
                                                lease->holder);
    }
    if (state.stopping.is_set()) co_return base::unavailable_error("the server is stopping");
    co_await state.stopping.wait_for(kAskAgain);
    lease = co_await take_lease(state, facts.id, lasts);
  }
  if (!lease.ok()) co_return lease.status();
  facts.until = lease->expires;
  base::Status flushed = co_await flusher.flush();
  if (!flushed.ok()) {
    base::Status ended = co_await end_backup(state, facts.id);
    ended.IgnoreError();  // it expires by itself
    co_return flushed;
  }
  base::MutexLock lock(state.mutex);
  for (const auto& list : state.parts.all()) {
    for (const auto& part : *list) facts.object_keys.push_back(part->object_key);
  }
  co_return facts;
}

base::Task<base::Status> end_backup(StoreState& state, std::string id) {
  if (!id.starts_with(kBackupPrefix)) co_return base::invalid_argument_error("{} is no backup", id);
  std::string name = kLease;
  co_return co_await state.deps.catalog->release_lease(std::move(name), std::move(id));
}

}  // namespace cordwood::store
