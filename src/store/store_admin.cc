// What operators ask of the store, beside its work: core::StoreAdmin.
#include "store/backup.h"
#include "store/flush/days.h"
#include "store/rules.h"
#include "store/store_impl.h"
#include "store/verify.h"

namespace cordwood::store {

base::Task<base::Status> Store::flush() {
  if (!impl_->begin_request()) co_return stopping_error();
  base::Status status = co_await impl_->flusher.flush();
  impl_->end_request();
  co_return status;
}

base::Task<base::Status> Store::compact() {
  if (!impl_->begin_request()) co_return stopping_error();
  base::Status status = co_await impl_->compactor.compact_all();
  base::Status erased = co_await impl_->eraser.erase_all();
  impl_->end_request();
  co_return status.ok() ? erased : status;
}

base::Task<base::StatusOr<std::string>> Store::request_deletion(core::DeletionRequest request) {
  if (!impl_->begin_request()) co_return stopping_error();
  base::StatusOr<std::uint64_t> id = co_await begin_deletion(impl_->state, std::move(request));
  impl_->end_request();
  if (!id.ok()) co_return id.status();
  co_return std::to_string(*id);
}

base::Task<base::StatusOr<std::vector<core::DeletionStatus>>> Store::deletions(core::TenantId tenant) {
  co_return list_deletions(impl_->state, tenant);
}

base::Task<base::Status> Store::cancel_deletion(core::TenantId tenant, std::string id) {
  if (!impl_->begin_request()) co_return stopping_error();
  base::Status status = co_await store::cancel_deletion(impl_->state, std::move(tenant), std::move(id));
  impl_->end_request();
  co_return status;
}

base::Task<base::StatusOr<std::vector<core::RetentionRule>>> Store::retention(core::TenantId tenant) {
  co_return list_retention(impl_->state, tenant);
}

base::Task<base::Status> Store::set_retention(core::RetentionRule rule) {
  if (!impl_->begin_request()) co_return stopping_error();
  base::Status status = co_await store::set_retention(impl_->state, std::move(rule));
  impl_->end_request();
  co_return status;
}

base::Task<base::Status> Store::remove_retention(core::TenantId tenant, std::string selector) {
  if (!impl_->begin_request()) co_return stopping_error();
  base::Status status = co_await store::remove_retention(impl_->state, std::move(tenant), std::move(selector));
  impl_->end_request();
  co_return status;
}

base::Task<base::StatusOr<std::vector<core::PartFacts>>> Store::list_parts(std::optional<core::TenantId> tenant) {
  std::vector<std::shared_ptr<const PartList>> lists;
  {
    base::MutexLock lock(impl_->state.mutex);
    if (tenant.has_value()) {
      lists.push_back(impl_->state.parts.of(*tenant));
    } else {
      lists = impl_->state.parts.all();
    }
  }
  std::vector<core::PartFacts> out;
  for (const auto& list : lists) {
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const catalog::PartRow& part = *(*list)[i];
      out.push_back({part.tenant, part.object_key, day_name(part.partition_day), part.level, part.retention_class,
                     part.times, part.records, part.raw_bytes, part.stored_bytes});
    }
  }
  co_return out;
}

base::Task<base::StatusOr<core::JournalFacts>> Store::journal_facts() {
  core::JournalFacts facts;
  facts.node = impl_->state.options.node;
  facts.epoch = impl_->state.epoch;
  for (const journal::JournalFile& file : impl_->state.journal->files()) {
    facts.files.push_back({file.path, file.bytes, file.header.first_sequence, file.last_sequence, file.damaged});
  }
  base::MutexLock lock(impl_->state.mutex);
  facts.flushed_through = impl_->state.flushed_through;
  facts.committed_through = impl_->state.published;
  co_return facts;
}

base::Task<base::StatusOr<core::VerifyReport>> Store::verify() {
  if (!impl_->begin_request()) co_return stopping_error();
  base::StatusOr<core::VerifyReport> report = co_await verify_parts(impl_->state);
  impl_->end_request();
  co_return report;
}

base::Task<base::StatusOr<core::BackupFacts>> Store::begin_backup(base::nanoseconds lasts) {
  if (!impl_->begin_request()) co_return stopping_error();
  base::StatusOr<core::BackupFacts> facts = co_await store::begin_backup(impl_->state, impl_->flusher, lasts);
  impl_->end_request();
  co_return facts;
}

base::Task<base::Status> Store::end_backup(std::string id) {
  if (!impl_->begin_request()) co_return stopping_error();
  base::Status status = co_await store::end_backup(impl_->state, std::move(id));
  impl_->end_request();
  co_return status;
}

}  // namespace cordwood::store
