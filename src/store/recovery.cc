#include "store/recovery.h"

#include <charconv>

#include "base/log.h"
#include "store/replayer.h"
#include "store/rules.h"

namespace cordwood::store {

base::Task<base::Status> Recovery::run() {
  const base::MonotonicNanos begin = state_.executor().clock().monotonic();
  base::Status status = co_await fix_disk_budget();
  if (!status.ok()) co_return status;
  status = co_await load_catalog();
  if (!status.ok()) co_return base::annotate(status, "reading the catalog");

  journal::JournalOptions options{state_.journal_directory(), state_.options.node, state_.epoch,
                                  state_.options.journal_file_bytes};
  state_.journal = std::make_unique<journal::Journal>(std::move(options), state_.executor(), *state_.deps.files,
                                                      *state_.deps.random, *state_.deps.metrics);
  StoreState* state = &state_;
  base::StatusOr<std::vector<journal::JournalFile>> files =
      co_await state_.executor().blocking([state] { return state->journal->load(); });
  if (!files.ok()) co_return base::annotate(files.status(), "reading the journal directory");
  status = co_await replay(*std::move(files), begin);
  if (!status.ok()) co_return base::annotate(status, "replaying the journal");

  std::uint64_t through = 0;
  {
    base::MutexLock lock(state_.mutex);
    through = state_.flushed_through;
    state_.update_head_gauges();
  }
  co_await state_.journal->trim(through);
  co_return base::ok_status();
}

base::Task<base::Status> Recovery::load_catalog() {
  std::string node = state_.options.node;
  base::StatusOr<std::uint64_t> epoch = co_await state_.deps.catalog->begin_node_epoch(std::move(node));
  if (!epoch.ok()) co_return epoch.status();
  state_.epoch = *epoch;

  std::optional<core::TenantId> all_tenants;
  const core::TimeRange all_times;
  base::StatusOr<catalog::Snapshot> snapshot =
      co_await state_.deps.catalog->snapshot(std::move(all_tenants), all_times);
  if (!snapshot.ok()) co_return snapshot.status();
  std::optional<core::TenantId> any_tenant;
  std::optional<std::string> any_host;
  base::StatusOr<std::vector<catalog::SourceRow>> sources =
      co_await state_.deps.catalog->sources(std::move(any_tenant), std::move(any_host));
  if (!sources.ok()) co_return sources.status();
  const core::UnixNanos now = state_.executor().clock().now();
  base::StatusOr<std::vector<catalog::BodyHashRow>> hashes = co_await state_.deps.catalog->body_hashes(now);
  if (!hashes.ok()) co_return hashes.status();

  base::Status rules = co_await load_rules(snapshot->parts);
  if (!rules.ok()) co_return rules;

  base::MutexLock lock(state_.mutex);
  state_.parts.replace({}, snapshot->parts);
  for (const catalog::JournalProgress& journal : snapshot->journals) {
    if (journal.node == state_.options.node) state_.flushed_through = journal.sequence;
  }
  state_.published = state_.flushed_through;
  for (catalog::SourceRow& source : *sources) state_.sources.restore(std::move(source));
  for (const catalog::BodyHashRow& hash : *hashes) state_.body_hashes.restore(hash);
  co_return base::ok_status();
}

base::Task<base::Status> Recovery::load_rules(const std::vector<catalog::PartRow>& parts) {
  base::StatusOr<std::vector<catalog::DeletionRow>> deletions = co_await state_.deps.catalog->deletions();
  if (!deletions.ok()) co_return deletions.status();
  base::StatusOr<std::vector<catalog::RetentionRow>> retention = co_await state_.deps.catalog->retention();
  if (!retention.ok()) co_return retention.status();
  base::MutexLock lock(state_.mutex);
  for (catalog::DeletionRow& row : *deletions) {
    std::shared_ptr<const core::RecordSelector> selector;
    if (!row.removed.has_value()) {
      base::StatusOr<std::shared_ptr<const core::RecordSelector>> compiled = compile_selector(state_, row.query);
      // To open without it would show what was deleted.
      if (!compiled.ok()) co_return base::annotate(compiled.status(), fmt::format("deletion {}", row.id));
      selector = *std::move(compiled);
    }
    state_.deletions.restore(std::move(row), std::move(selector));
  }
  for (const catalog::PartRow& part : parts) state_.deletions.reserve_ids(part.deletions_applied + 1);
  state_.metrics.deletions_waiting.set(static_cast<std::int64_t>(state_.deletions.waiting()));
  co_return restore_retention(state_, *std::move(retention));
}

base::Task<base::Status> Recovery::replay(std::vector<journal::JournalFile> files, base::MonotonicNanos begin) {
  std::uint64_t flushed_through = 0;
  {
    base::MutexLock lock(state_.mutex);
    flushed_through = state_.flushed_through;
  }
  if (!files.empty() && files.front().header.first_sequence > flushed_through + 1) {
    base::log_warn(
        "the catalog is older than the journal: flushed_through={} first_sequence={}; everything in the journal is "
        "replayed",
        flushed_through, files.front().header.first_sequence);
  }
  Replayer replayer(state_, flusher_);
  base::Status status = co_await replayer.run(std::move(files), flushed_through);
  if (!status.ok()) co_return status;
  if (replayer.frames() > 0 || replayer.undecodable() > 0) {
    const base::nanoseconds took = state_.executor().clock().monotonic() - begin;
    base::log_info(
        "journal replayed: frames={} records={} left_in_journal={} undecodable={} flushed_through={} seconds={:.3f}",
        replayer.frames(), replayer.records(), replayer.spilled_records(), replayer.undecodable(), flushed_through,
        static_cast<double>(took.count()) * 1e-9);
  }
  co_return status;
}

base::Task<base::Status> Recovery::fix_disk_budget() {
  state_.disk_budget_bytes = state_.options.disk_budget_bytes;
  if (state_.disk_budget_bytes != 0) co_return base::ok_status();
  StoreState* state = &state_;
  co_return co_await state_.executor().blocking([state]() -> base::Status {
    io::FileSystem& files = *state->deps.files;
    const std::string path = state->options.data_directory + "/disk_budget";
    RETURN_IF_ERROR(files.make_directories(state->options.data_directory));
    base::StatusOr<std::string> text = io::read_whole_file(files, path, 32);
    if (text.ok()) {
      const auto parsed = std::from_chars(text->data(), text->data() + text->size(), state->disk_budget_bytes);
      if (parsed.ec == std::errc()) return base::ok_status();
      return base::data_loss_error("{} holds no number of bytes: delete it to have the budget set anew", path);
    }
    if (text.status().code() != base::StatusCode::kNotFound) return text.status();
    ASSIGN_OR_RETURN(const std::uint64_t free, files.free_bytes(state->options.data_directory));
    state->disk_budget_bytes = free / 5 * 4;
    return io::replace_file(files, path, fmt::format("{}\n", state->disk_budget_bytes));
  });
}

}  // namespace cordwood::store
