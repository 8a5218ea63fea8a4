#include "store/store.h"

#include <algorithm>
#include <unordered_set>

#include "base/log.h"
#include "store/recovery.h"
#include "store/store_impl.h"

namespace cordwood::store {

bool Store::Impl::begin_request() {
  base::MutexLock lock(requests_mutex);
  if (refusing) return false;
  if (++requests == 1) requests_done.reset();
  return true;
}

void Store::Impl::end_request() {
  base::MutexLock lock(requests_mutex);
  if (--requests == 0) requests_done.set();
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

base::Task<base::StatusOr<std::unique_ptr<Store>>> Store::open(StoreOptions options, StoreDependencies dependencies) {
  if (options.node.empty() || options.node.size() > journal::kNodeNameBytesMax) {
    co_return base::invalid_argument_error("node name of {} bytes, wanted 1 to {}", options.node.size(),
                                           journal::kNodeNameBytesMax);
  }
  auto impl = std::make_unique<Impl>(std::move(options), dependencies);
  Recovery recovery(impl->state, impl->flusher);
  base::Status recovered = co_await recovery.run();
  if (!recovered.ok()) {
    if (impl->state.journal != nullptr) co_await impl->state.journal->close();
    co_return recovered;
  }
  impl->loops.spawn(impl->flusher.run());
  impl->loops.spawn(impl->merger.run());
  impl->loops.spawn(impl->sweeper.run());
  impl->loops.spawn(impl->eraser.run());
  impl->loops.spawn(impl->expirer.run());
  impl->state.erase_wanted.set();
  impl->state.merge_wanted.set();  // replay leaves a chunk a frame
  impl->state.flush_wanted.set();  // and maybe more than one flush carries away
  impl->state.compact_wanted.set();
  if (impl->state.options.background_compaction) impl->loops.spawn(impl->compactor.run());
  co_return std::unique_ptr<Store>(new Store(std::move(impl)));
}

base::Task<base::Status> Store::close() {
  {
    base::MutexLock lock(impl_->requests_mutex);
    impl_->refusing = true;
  }
  impl_->state.stopping.set();
  co_await impl_->requests_done.wait();
  {
    // The last end_request may still be leaving its critical section.
    base::MutexLock lock(impl_->requests_mutex);
  }
  impl_->state.flush_wanted.set();
  impl_->state.merge_wanted.set();
  impl_->state.compact_wanted.set();
  impl_->state.erase_wanted.set();
  co_await impl_->loops.join();
  base::Status flushed = co_await impl_->flusher.flush();
  if (!flushed.ok()) base::log_warn("stopped without a flush, the journal keeps it: error=\"{}\"", flushed.ToString());
  co_await impl_->state.journal->close();
  co_return flushed;
}

base::Task<base::StatusOr<core::AppendResult>> Store::append(core::AppendRequest request) {
  if (!impl_->begin_request()) co_return stopping_error();
  base::StatusOr<core::AppendResult> result = co_await impl_->appender.append(std::move(request));
  impl_->end_request();
  co_return result;
}

base::Task<base::StatusOr<core::HelloAnswer>> Store::hello(core::AgentHello hello) {
  if (!impl_->begin_request()) co_return stopping_error();
  base::StatusOr<core::HelloAnswer> answer = co_await impl_->state.agents.hello(std::move(hello));
  impl_->end_request();
  co_return answer;
}

base::Task<base::StatusOr<std::vector<core::SourceState>>> Store::sources(core::TenantId tenant, std::string host,
                                                                          std::vector<core::GenerationId> only) {
  base::MutexLock lock(impl_->state.mutex);
  co_return impl_->state.sources.list(tenant, host, only);
}

base::Task<base::StatusOr<core::StoreStatus>> Store::status() {
  core::StoreStatus status;
  status.journal_bytes = impl_->state.journal->bytes();
  status.disk_budget_bytes = impl_->state.disk_budget_bytes;
  HeadParts parts;
  {
    StoreState& state = impl_->state;
    base::MutexLock lock(state.mutex);
    const LiveParts::Totals totals = state.parts.totals();
    status.head_records = state.head.rows();
    status.head_bytes = state.head.bytes();
    status.stored_bytes = totals.stored_bytes;
    status.raw_bytes = totals.raw_bytes + state.head.line_bytes() + status.head_records;
    status.records = totals.records + status.head_records;
    status.parts = totals.parts;
    status.deletions_waiting = state.deletions.waiting();
    parts = state.head.all_parts();
  }
  std::unordered_set<std::uint64_t> streams;  // 64 bits of an id: a count for people
  for (const auto& part : parts) {
    for (const segment::PartStream& stream : part->streams()) streams.insert(stream.id.value.lo);
  }
  status.streams = streams.size();
  co_return status;
}

base::Task<base::StatusOr<StoreSnapshot>> Store::snapshot(core::TenantId tenant, core::TimeRange range) {
  StoreSnapshot snapshot;
  std::shared_ptr<const PartList> parts;
  HeadParts heads;
  Deletions of_tenant;
  std::vector<Deletions> deletions;  // of each of `heads`
  {
    // Rows move from the head to the segments in a critical section of the same mutex: each is in one of the two here.
    base::MutexLock lock(impl_->state.mutex);
    parts = impl_->state.parts.of(tenant);
    heads = impl_->state.head.snapshot(tenant, range);
    of_tenant = impl_->state.deletions.applying(tenant, {core::UnixNanos::min(), core::UnixNanos::max()}, 0);
    for (const auto& part : heads) {
      deletions.push_back(impl_->state.deletions.applying(tenant, part->times(), part->deletions_applied()));
    }
    snapshot.committed_through = impl_->state.published;
  }
  if (parts != nullptr) snapshot.segments = overlapping(*parts, range);
  for (std::size_t i = 0; i < heads.size(); ++i) {
    snapshot.heads.push_back(filter_part(heads[i], std::move(deletions[i])));
  }
  for (catalog::PartRow& part : snapshot.segments) {
    Deletions of_part;
    for (const auto& deletion : of_tenant) {
      if (deletion->row.id > part.deletions_applied && part.times.overlaps(deletion->row.range)) {
        of_part.push_back(deletion);
      }
    }
    if (!of_part.empty()) snapshot.filters[part.object_key] = std::move(of_part);
  }
  co_return snapshot;
}

std::vector<LostRange> Store::lost_ranges() const {
  base::MutexLock lock(impl_->state.mutex);
  const auto& lost = impl_->state.sources.lost();
  return {lost.begin(), lost.end()};
}

}  // namespace cordwood::store
