#include "query/tail_hub.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "base/hash_map.h"
#include "base/mutex.h"
#include "base/sync.h"
#include "exec/stream_selector.h"
#include "logql/check.h"
#include "logql/parse.h"
#include "query/live_rows.h"

namespace cordwood::query {
namespace {

// Rows filtered before others get their turn.
constexpr std::size_t kLotRows = 1000;
// What one next() gives at most, in rows looked at.
constexpr std::size_t kBatchRowsMax = 20'000;
// Streams whose subscribers are remembered; a tenant may have many more.
constexpr std::size_t kStreamsRemembered = 10'000;

// What a subscriber has to read. Thread-safe.
class TailQueue {
 public:
  TailQueue(exec::StreamSelector selector, base::Executor& executor)
      : selector_(std::move(selector)), ready_(executor) {}

  bool matches(const core::Labels& labels) const { return selector_.matches(labels); }
  base::Event& ready() { return ready_; }

  void push(const std::shared_ptr<const LiveRows>& rows) {
    {
      base::MutexLock lock(mutex_);
      if (bytes_ + rows->bytes > TailHub::kQueueBytesMax && !rows_.empty()) {
        drop(*rows);
      } else {
        bytes_ += rows->bytes;
        rows_.push_back(rows);
      }
    }
    ready_.set();
  }

  // Takes the oldest rows, and what was dropped since the last call.
  std::shared_ptr<const LiveRows> take(core::TailBatch& batch) {
    base::MutexLock lock(mutex_);
    std::move(dropped_.begin(), dropped_.end(), std::back_inserter(batch.dropped));
    dropped_.clear();
    batch.dropped_count += std::exchange(dropped_count_, 0);
    if (rows_.empty()) {
      ready_.reset();
      return nullptr;
    }
    std::shared_ptr<const LiveRows> rows = std::move(rows_.front());
    rows_.pop_front();
    bytes_ -= rows->bytes;
    return rows;
  }

 private:
  void drop(const LiveRows& rows) REQUIRES(mutex_) {
    for (const LiveRows::Row& row : rows.rows) {
      const core::SharedLabels& labels = rows.streams[row.stream].labels;
      if (!selector_.matches(*labels)) continue;
      ++dropped_count_;
      if (dropped_.size() < core::kDroppedNamedMax) dropped_.push_back({row.time, labels});
    }
  }

  const exec::StreamSelector selector_;
  base::Event ready_;
  base::Mutex mutex_;
  std::deque<std::shared_ptr<const LiveRows>> rows_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::vector<core::DroppedRow> dropped_ GUARDED_BY(mutex_);
  std::uint64_t dropped_count_ GUARDED_BY(mutex_) = 0;
};

using Queues = std::vector<std::shared_ptr<TailQueue>>;

// The subscribers of one tenant.
struct TenantTails {
  Queues queues;
  // Who wants a stream; forgotten when the subscribers change.
  base::IntegerMap<core::StreamId, std::shared_ptr<const Queues>> by_stream;
};

std::vector<std::pair<std::uint32_t, std::uint32_t>> slices_of(const core::RecordBatch& batch) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> slices;
  for (const core::Slice& slice : batch.slices) slices.emplace_back(slice.record_begin, slice.record_end);
  return slices;
}

}  // namespace

struct TailHub::State {
  State(base::Executor& e, base::MetricsRegistry& metrics, const core::Limits& l)
      : executor(e),
        limits(l),
        tails(metrics.gauge("cordwood_tails", "Live tails.")),
        tailed_rows(metrics.counter("cordwood_tailed_rows_total", "Rows handed to live tails before their filters.")),
        dropped_rows(
            metrics.counter("cordwood_tail_dropped_rows_total", "Rows that slow readers of tails did not get.")) {}

  // Who wants the streams of the batch; null when nobody does.
  std::vector<std::shared_ptr<const Queues>> find(const core::TenantId& tenant, const core::RecordBatch& batch) {
    std::vector<std::shared_ptr<const Queues>> found;
    base::MutexLock lock(mutex);
    const auto of = tenants.find(tenant);
    if (of == tenants.end()) return found;
    TenantTails& tails_of = of->second;
    bool any = false;
    for (const core::BatchStream& stream : batch.streams) {
      auto known = tails_of.by_stream.find(stream.id);
      if (known == tails_of.by_stream.end()) {
        if (tails_of.by_stream.size() >= kStreamsRemembered) tails_of.by_stream.clear();
        auto queues = std::make_shared<Queues>();
        for (const auto& queue : tails_of.queues) {
          if (queue->matches(*stream.labels)) queues->push_back(queue);
        }
        known = tails_of.by_stream.emplace(stream.id, queues->empty() ? nullptr : std::move(queues)).first;
      }
      any = any || known->second != nullptr;
      found.push_back(known->second);
    }
    if (!any) found.clear();
    return found;
  }

  void remove(const core::TenantId& tenant, const std::shared_ptr<TailQueue>& queue) {
    base::MutexLock lock(mutex);
    const auto of = tenants.find(tenant);
    std::erase(of->second.queues, queue);
    of->second.by_stream.clear();
    if (of->second.queues.empty()) tenants.erase(of);
    tails.add(-1);
  }

  base::Executor& executor;
  const core::Limits limits;
  base::Gauge& tails;
  base::Counter& tailed_rows;
  base::Counter& dropped_rows;
  base::Mutex mutex;
  std::map<core::TenantId, TenantTails> tenants GUARDED_BY(mutex);
};

namespace {

class Subscription final : public core::TailSubscription {
 public:
  Subscription(base::Executor& executor, base::Counter& dropped_rows, std::shared_ptr<TailQueue> queue,
               std::shared_ptr<const exec::LogPlan> plan, std::function<void()> end)
      : executor_(executor),
        dropped_rows_(dropped_rows),
        queue_(std::move(queue)),
        filter_(std::move(plan)),
        end_(std::move(end)) {}
  ~Subscription() override { end_(); }

  base::Task<core::TailBatch> next(base::nanoseconds timeout) override {
    core::TailBatch batch;
    std::size_t seen = 0;
    if (!queue_->ready().is_set()) {
      const bool ready = co_await queue_->ready().wait_for(timeout);
      if (!ready) co_return batch;
    }
    while (seen < kBatchRowsMax) {
      const std::shared_ptr<const LiveRows> rows = queue_->take(batch);
      if (rows == nullptr) break;
      for (std::size_t at = 0; at < rows->rows.size(); at += kLotRows) {
        filter(*rows, at, batch);
        co_await executor_.yield();
      }
      seen += rows->rows.size();
    }
    dropped_rows_.add(batch.dropped_count);
    co_return batch;
  }

 private:
  void filter(const LiveRows& rows, std::size_t begin, core::TailBatch& batch) {
    lot_.clear();
    const std::size_t end = std::min(begin + kLotRows, rows.rows.size());
    // The copy has the rows of all who tail something of the push.
    std::uint32_t last_stream = ~std::uint32_t{0};
    bool wanted = false;
    for (std::size_t i = begin; i < end; ++i) {
      const LiveRows::Row& row = rows.rows[i];
      if (row.stream != last_stream) {
        last_stream = row.stream;
        wanted = queue_->matches(*rows.streams[row.stream].labels);
      }
      if (wanted) lot_.push_back(rows.view(row));
    }
    filter_.filter(lot_, batch.rows);
  }

  base::Executor& executor_;
  base::Counter& dropped_rows_;
  const std::shared_ptr<TailQueue> queue_;
  exec::LiveFilter filter_;
  const std::function<void()> end_;
  std::vector<exec::LiveRow> lot_;
};

}  // namespace

TailHub::TailHub(core::RecordSink& sink, base::Executor& executor, base::MetricsRegistry& metrics,
                 const core::Limits& limits)
    : sink_(sink), state_(std::make_shared<State>(executor, metrics, limits)) {}
TailHub::~TailHub() = default;

base::Task<base::StatusOr<core::AppendResult>> TailHub::append(core::AppendRequest request) {
  const std::vector<std::shared_ptr<const Queues>> wanted_by = state_->find(request.tenant, request.batch);
  if (wanted_by.empty()) {
    base::Task<base::StatusOr<core::AppendResult>> task = sink_.append(std::move(request));
    base::StatusOr<core::AppendResult> result = co_await task;
    co_return result;
  }
  std::vector<bool> wanted;
  for (const auto& queues : wanted_by) wanted.push_back(queues != nullptr);
  std::shared_ptr<LiveRows> rows = copy_live_rows(request.batch, wanted);
  const auto slices = slices_of(request.batch);
  base::Task<base::StatusOr<core::AppendResult>> task = sink_.append(std::move(request));
  base::StatusOr<core::AppendResult> result = co_await task;
  if (!result.ok() || result->repeated) co_return result;
  drop_refused(*rows, slices, result->verdicts);
  if (rows->rows.empty()) co_return result;
  state_->tailed_rows.add(rows->rows.size());
  // Each subscriber gets the push once, whichever of its streams it wants.
  std::vector<std::shared_ptr<TailQueue>> all;
  for (const auto& queues : wanted_by) {
    if (queues != nullptr) all.insert(all.end(), queues->begin(), queues->end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const std::shared_ptr<const LiveRows> shared = std::move(rows);
  for (const auto& queue : all) queue->push(shared);
  co_return result;
}

base::StatusOr<std::unique_ptr<core::TailSubscription>> TailHub::subscribe(core::TailRequest request) {
  ASSIGN_OR_RETURN(const logql::LogExpr log, logql::parse_log_query(request.query));
  RETURN_IF_ERROR(logql::check_stages(log.stages));
  ASSIGN_OR_RETURN(exec::StreamSelector selector, exec::StreamSelector::build(log.matchers));
  const base::UnixNanos now = state_->executor.clock().now();
  ASSIGN_OR_RETURN(auto plan, exec::LogPlan::build(log, now, request.levels));
  auto queue = std::make_shared<TailQueue>(std::move(selector), state_->executor);
  {
    base::MutexLock lock(state_->mutex);
    const auto of = state_->tenants.find(request.tenant);
    const std::size_t running = of == state_->tenants.end() ? 0 : of->second.queues.size();
    if (running >= state_->limits.tails_max) {
      return base::resource_exhausted_error("max concurrent tail requests limit exceeded, count > limit ({} > {})",
                                            running + 1, state_->limits.tails_max);
    }
    TenantTails& tails = state_->tenants[request.tenant];
    tails.queues.push_back(queue);
    tails.by_stream.clear();
  }
  state_->tails.add(1);
  std::function<void()> end = [state = state_, tenant = request.tenant, queue] { state->remove(tenant, queue); };
  return std::unique_ptr<core::TailSubscription>(std::make_unique<Subscription>(
      state_->executor, state_->dropped_rows, std::move(queue), std::move(plan), std::move(end)));
}

}  // namespace cordwood::query
