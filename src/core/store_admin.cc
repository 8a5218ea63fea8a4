#include "core/store_admin.h"

namespace cordwood::core {

namespace {
base::Status not_here(std::string_view what) {
  return base::make_status(base::StatusCode::kUnimplemented, fmt::format("{}: this store cannot do that", what));
}
}  // namespace

base::Task<base::StatusOr<std::string>> StoreAdmin::request_deletion(DeletionRequest) {
  co_return not_here("delete");
}
base::Task<base::StatusOr<std::vector<DeletionStatus>>> StoreAdmin::deletions(TenantId) {
  co_return not_here("deletions");
}
base::Task<base::Status> StoreAdmin::cancel_deletion(TenantId, std::string) {
  co_return not_here("cancel");
}
base::Task<base::StatusOr<std::vector<RetentionRule>>> StoreAdmin::retention(TenantId) {
  co_return not_here("retention");
}
base::Task<base::Status> StoreAdmin::set_retention(RetentionRule) {
  co_return not_here("retention");
}
base::Task<base::Status> StoreAdmin::remove_retention(TenantId, std::string) {
  co_return not_here("retention");
}
base::Task<base::StatusOr<std::vector<PartFacts>>> StoreAdmin::list_parts(std::optional<TenantId>) {
  co_return not_here("parts");
}
base::Task<base::StatusOr<JournalFacts>> StoreAdmin::journal_facts() {
  co_return not_here("journal");
}
base::Task<base::StatusOr<VerifyReport>> StoreAdmin::verify() {
  co_return not_here("verify");
}
base::Task<base::StatusOr<BackupFacts>> StoreAdmin::begin_backup(base::nanoseconds) {
  co_return not_here("backup");
}
base::Task<base::Status> StoreAdmin::end_backup(std::string) {
  co_return not_here("backup");
}

}  // namespace cordwood::core
